"""Workflows of two effects or more; each owns its transaction."""
