"""What templates ask of the project."""
