"""Performance RNN: the network, its losses, and its weights as files."""
