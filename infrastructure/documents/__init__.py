"""What customers upload: told from its bytes, whatever it calls itself."""
