"""From a MIDI file to sound, notation and pictures; never imports TensorFlow."""
