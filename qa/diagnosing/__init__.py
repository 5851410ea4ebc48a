"""What may be wrong with an installation, each in words and with what to do: `manage.py doctor`."""
