"""A training worker that is killed outright: another goes on from its checkpoint, to the same model."""

from pathlib import Path

import pytest

from tests.training_site import TrainingSite

LONG = ("--epochs", "1000", "--max-steps", "400", "--checkpoint-every", "10")


@pytest.fixture
def site(small_site: TrainingSite, tmp_path: Path) -> TrainingSite:
    """Give an installation with the tiny encoder."""
    return small_site.copy(tmp_path / "var")


def test_a_killed_training_is_gone_on_with_by_the_next_worker(site: TrainingSite, tmp_path: Path) -> None:
    undisturbed = site.copy(tmp_path / "undisturbed")
    before = site.live_model()
    assert "waits for the training worker" in site.manage("train", "--queue", *LONG)
    site.start_worker()
    try:
        site.wait_for(lambda job: int(str(job["step"])) >= 30)
        site.kill()
        killed = site.job()
        assert (killed["state"], killed["attempts"], site.live_model()) == ("running", 1, before)
        assert (site.var / "checkpoints" / "checkpoint.npz").exists()
        site.start_worker()
        done = site.wait_for(lambda job: job["state"] not in {"running", "queued"})
    finally:
        site.kill()
    assert (done["state"], done["attempts"], done["step"]) == ("done", 2, 400)
    assert "taken_over" in str(done["history"])
    assert site.live_model() == done["candidate"] != before
    assert {path.name for path in (site.var / "models").iterdir()} == {before, done["candidate"]}
    assert site.strays() == []

    undisturbed.manage("train", *LONG)
    assert undisturbed.live_model() == done["candidate"]
