"""Where training runs: devices, strategy, precision."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Literal

import keras
import tensorflow as tf

Precision = Literal["float32", "bfloat16", "float16"]

_BF16_FLAGS = frozenset({"avx512_bf16", "amx_bf16"})
_ONEDNN_BF16 = "auto_mixed_precision_onednn_bfloat16"


@dataclass(frozen=True)
class TrainingDevices:
    """What this machine has to train on.

    Attributes:
        gpus: Names of the GPUs that TensorFlow sees.
        num_cpus: Logical CPU devices of TensorFlow; 1 unless configured otherwise.
        has_bf16: Whether the CPU multiplies bfloat16 matrices in hardware.
    """

    gpus: tuple[str, ...]
    num_cpus: int
    has_bf16: bool

    @property
    def precision(self) -> Precision:
        """The fastest precision whose learning curve is the same: float16 on GPU, bfloat16 where the CPU has it."""
        if self.gpus:
            return "float16"
        return "bfloat16" if self.has_bf16 else "float32"


def training_devices(cpu_description: Path = Path("/proc/cpuinfo")) -> TrainingDevices:
    """Look at what this machine has to train on.

    Args:
        cpu_description: Linux' list of CPU flags; where there is none, bfloat16 is not used.
    """
    gpus = tuple(device.name for device in tf.config.list_logical_devices("GPU"))
    flags = set(cpu_description.read_text().split()) if cpu_description.is_file() else set()
    return TrainingDevices(gpus, len(tf.config.list_logical_devices("CPU")), bool(flags & _BF16_FLAGS))


def choose_strategy(devices: TrainingDevices) -> tf.distribute.Strategy:
    """Return one process' strategy: all its GPUs when it has several, else TensorFlow's default."""
    return mirrored(devices.gpus) if len(devices.gpus) > 1 else tf.distribute.get_strategy()


@lru_cache
def mirrored(names: tuple[str, ...]) -> tf.distribute.MirroredStrategy:
    """Return the strategy that shares batches among some devices, the same one each time.

    A second MirroredStrategy in a process counts its collective operations from the same number
    as the first and meets them ("expected type 0 … but got type 2").
    """
    return tf.distribute.MirroredStrategy(list(names))


@contextmanager
def computing_in(precision: Precision) -> Iterator[None]:
    """Compute in a precision while the block runs; variables stay float32. Not for two threads at a time."""
    policy = keras.mixed_precision.dtype_policy()
    before = tf.config.optimizer.get_experimental_options()
    keras.mixed_precision.set_dtype_policy("mixed_float16" if precision == "float16" else "float32")
    tf.config.optimizer.set_experimental_options({_ONEDNN_BF16: precision == "bfloat16"})
    try:
        yield
    finally:
        keras.mixed_precision.set_dtype_policy(policy)
        tf.config.optimizer.set_experimental_options({_ONEDNN_BF16: before.get(_ONEDNN_BF16, False)})
