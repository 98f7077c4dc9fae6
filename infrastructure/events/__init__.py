"""What happened to loans, told to whoever asked to be told."""
