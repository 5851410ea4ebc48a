"""One command a module; each validates, makes one call and prints."""
