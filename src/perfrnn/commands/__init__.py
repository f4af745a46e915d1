"""The commands of `perfrnn.cli`, a module for each: its arguments, and what it does."""
