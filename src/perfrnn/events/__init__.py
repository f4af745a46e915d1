"""The vocabulary of events, and what events can be conditioned on."""
