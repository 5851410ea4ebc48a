"""Retrieval: FAISS and BM25 over the phrasings of a knowledge base. Text and vectors in, hits out.

Knows nothing of Django and TensorFlow. Everything that is searched is immutable; an edit makes a new
object beside the old one, and who serves swaps the reference.
"""
