"""The rewriter's network, decoding, files and training; `nlp.rewriter` serves it."""
