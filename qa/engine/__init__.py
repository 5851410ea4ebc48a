"""The loaded bundle: the only door to nlp and retrieval on the request line.

`load()` once in a process that answers, `ask()` for every question, `close()` at the end. A thread
follows the live release; what can't be loaded is said in `readiness()`, and the old bundle stays.
TensorFlow and FAISS are imported in `load()`, so that commands which don't answer start fast.
"""

from qa.engine.serving import Readiness, ask, close, current, load, normalise, readiness, swap

__all__ = ["Readiness", "ask", "close", "current", "load", "normalise", "readiness", "swap"]
