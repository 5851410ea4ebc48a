"""Encoders written for serving: an int8 LiteRT network with its tables and its tokenizer beside it."""
