"""TensorFlow's own instrument for numbers that go wrong: slow, and only for looking."""

import re
from collections.abc import Iterator
from contextlib import contextmanager

import tensorflow as tf

from nlp.exceptions import TrainingDiverged

_NODE = re.compile(r"(?:at node |{{node )([^\s}]+)")
_VALUES = re.compile(r"Tensor had (.*?) values")


@contextmanager
def checking_numerics() -> Iterator[None]:
    """Check the result of every operation for NaN and infinity while the block runs, in the whole process.

    What was traced before the block is not checked.

    Raises:
        TrainingDiverged: An operation gave such a number; the message names it.
    """
    tf.debugging.enable_check_numerics()
    try:
        yield
    except tf.errors.InvalidArgumentError as error:
        values, node = _VALUES.search(error.message), _NODE.search(error.message)
        if values is None:
            raise
        where = node[1].removesuffix("/CheckNumericsV2") if node else "an operation"
        raise TrainingDiverged(
            f"Training diverged: {where} gave {values[1]}. Nothing was kept. "
            "Lower the learning rate or compute in float32."
        ) from error
    finally:
        tf.debugging.disable_check_numerics()
