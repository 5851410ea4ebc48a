"""The same bundle, answering from other thresholds on."""

from dataclasses import replace

from qa import engine


def with_thresholds(answer_from: float, clarify_from: float) -> None:
    """Answer with the live bundle from other thresholds on, in every knowledge base."""
    bundle = engine.current()
    calibrations = {
        pk: replace(c, answer_threshold=answer_from, clarify_threshold=clarify_from)
        for pk, c in bundle.calibrations.items()
    }
    engine.swap(replace(bundle, calibrations=calibrations))
