"""Going live with a model, step by step."""

from pathlib import Path

from pytest_django import Settings

from nlp.artifacts import ModelDirectory
from qa.models import KnowledgeBase, Release
from qa.services.learning import index_and_release


def test_whoever_waits_is_told_of_every_stage(
    knowledge_base: KnowledgeBase, prepared_model: ModelDirectory, settings: Settings, tmp_path: Path
) -> None:
    settings.INDEX_DIR = tmp_path  # no snapshot of another test is there
    told: dict[str, tuple[int, int]] = {}

    def tell(stage: str, done: int, of: int) -> None:
        told[stage] = (done, of)

    index_and_release(model_fingerprint=prepared_model.fingerprint, reason=Release.Reason.MODEL, progress=tell)
    assert list(told) == ["encoding phrasings", "indexing", "fitting the confidence"]
    assert all(done == of > 0 for done, of in told.values())
