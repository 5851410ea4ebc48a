"""Settings that can't be trained with are refused in words."""

from dataclasses import replace

import pytest

from nlp.exceptions import TrainingImpossible
from nlp.training.datasets import BatchPlan
from nlp.training.settings import TrainingSettings

pytestmark = pytest.mark.unit


def test_the_default_can_be_trained_with() -> None:
    TrainingSettings().check()


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"r_drop": 1.0}, "dropout above 0"),
        ({"r_drop": 1.0, "dropout": 0.1, "objective": "nca"}, "objective 'nca'"),
        ({"epochs": 0, "temperature": 0.0}, "above 0: epochs, temperature"),
        ({"max_tokens": 3}, "max_tokens ≥ 4"),
        ({"plan": BatchPlan(batch_size=7, phrasings_per_label=4)}, "batch_size ≥ twice that"),
        ({"plan": BatchPlan(phrasings_per_label=0)}, "phrasings_per_label ≥ 1"),
    ],
)
def test_wrong_settings_are_refused(changed: dict[str, object], said: str) -> None:
    with pytest.raises(TrainingImpossible, match=said):
        replace(TrainingSettings(), **changed).check()  # type: ignore[arg-type]
