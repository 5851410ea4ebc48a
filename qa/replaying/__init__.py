"""Replayed traffic: how much better answers become when a reviewer labels what the loop proposes."""
