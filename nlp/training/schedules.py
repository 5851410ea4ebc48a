"""Learning-rate schedule of every training here: linear warm-up, then linear decay to nothing."""

from typing import Any

import keras


@keras.saving.register_keras_serializable(package="hangjia")
class WarmupLinearDecay(keras.optimizers.schedules.LearningRateSchedule):  # type: ignore[misc]  # Keras ships no types
    """Rise to `peak` over the first steps, fall to 0 at the last.

    Args:
        peak: Highest learning rate.
        num_steps: Steps in all, ≥ 1.
        warm_up: Share of the steps that rise, 0 to 1.
    """

    def __init__(self, peak: float, num_steps: int, warm_up: float = 0.1) -> None:
        self.peak, self.num_steps, self.warm_up = peak, num_steps, warm_up

    def __call__(self, step: "keras.KerasTensor") -> "keras.KerasTensor":
        """Return the rate of a step, counted from 0."""
        done = keras.ops.cast(step, "float32") + 1.0
        rising = max(1.0, self.warm_up * self.num_steps)
        falling = max(1.0, self.num_steps + 1.0 - rising)
        share = keras.ops.minimum(done / rising, (self.num_steps + 1.0 - done) / falling)
        return self.peak * keras.ops.clip(share, 0.0, 1.0)

    def get_config(self) -> dict[str, Any]:  # Any: Keras' own signature
        """Return the arguments, as Keras wants to store them."""
        return {"peak": self.peak, "num_steps": self.num_steps, "warm_up": self.warm_up}
