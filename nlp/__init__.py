"""Understanding: text in, numpy out. Knows nothing of Django, Celery or FAISS."""
