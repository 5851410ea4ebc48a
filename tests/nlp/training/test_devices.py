"""Devices and precision: read from the machine, given back after use."""

from pathlib import Path

import keras
import pytest
import tensorflow as tf

from nlp.training.devices import TrainingDevices, choose_strategy, computing_in, training_devices

pytestmark = pytest.mark.unit


@pytest.mark.parametrize(
    ("flags", "has_bf16", "precision"),
    [
        ("flags : fpu avx512f avx512_bf16 fma", True, "bfloat16"),
        ("flags : amx_bf16 fpu", True, "bfloat16"),
        ("flags : fpu avx512f", False, "float32"),
    ],
)
def test_precision_follows_the_flags(tmp_path: Path, flags: str, has_bf16: bool, precision: str) -> None:
    (tmp_path / "cpuinfo").write_text(flags)
    devices = training_devices(tmp_path / "cpuinfo")
    assert (devices.has_bf16, devices.precision) == (has_bf16, precision)


def test_no_list_of_flags_means_float32(tmp_path: Path) -> None:
    assert training_devices(tmp_path / "missing").precision == "float32"


def test_gpus_compute_in_float16() -> None:
    assert TrainingDevices(("GPU:0",), 1, has_bf16=True).precision == "float16"


def test_one_device_needs_no_strategy() -> None:
    for gpus in ((), ("GPU:0",)):
        assert choose_strategy(TrainingDevices(gpus, 1, has_bf16=False)) is tf.distribute.get_strategy()


@pytest.mark.parametrize("precision", ["float32", "bfloat16", "float16"])
def test_precision_is_given_back(precision: str) -> None:
    def state() -> tuple[str, bool]:
        options = tf.config.optimizer.get_experimental_options()
        return keras.mixed_precision.dtype_policy().name, options.get("auto_mixed_precision_onednn_bfloat16", False)

    before = state()
    with computing_in(precision):  # type: ignore[arg-type]
        policy = "mixed_float16" if precision == "float16" else "float32"
        assert state() == (policy, precision == "bfloat16")
    assert state() == before
