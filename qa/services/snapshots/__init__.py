"""Dataset snapshots: what a model is trained on, immutable, named by its hash, traceable to who said so.

Import from the modules; nothing is imported here, so that forgetting a conversation needs no pandas.
"""
