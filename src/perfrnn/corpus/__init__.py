"""Where source files come from: one module for each corpus."""
