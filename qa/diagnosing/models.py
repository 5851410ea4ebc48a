"""What answers: the live release, its model on disk, and the index."""

from collections.abc import Iterator
from pathlib import Path

from django.conf import settings

from qa.diagnosing.problems import Problem
from qa.models import KnowledgeBase, LiveRelease, Release


def check_release() -> Iterator[Problem]:
    """See that a release with a model is live."""
    live = _live()
    if live is None:
        yield Problem("No release is live.", "Run `manage.py prepare_model`.")
    elif not live.model_fingerprint:
        yield Problem(f"Release {live.number} is live without a model.", "Run `manage.py prepare_model`.")


def check_model_files() -> Iterator[Problem]:
    """Hash every file of the live model."""
    from nlp.artifacts import open_model  # numpy and more: `manage.py help` stays fast
    from nlp.exceptions import NLPError

    live = _live()
    try:
        open_model(Path(settings.MODELS_DIR) / (live.model_fingerprint if live else ""))
    except (NLPError, OSError) as error:
        yield Problem(str(error), "Bring the folder back from a copy, or run `manage.py prepare_model`.")


def check_model_loads() -> Iterator[Problem]:
    """Load the live model as a web process does, its canaries included."""
    from nlp.exceptions import NLPError
    from qa.engine.building import load_interpreter

    live = _live()
    try:
        load_interpreter(live.model_fingerprint if live else "")
    except (NLPError, OSError, ImportError) as error:
        yield Problem(
            f"The live model does not load: {error}",
            "Install the locked dependencies again (`make install`), or run `manage.py prepare_model`.",
        )


def check_index() -> Iterator[Problem]:
    """Verify the newest index snapshot of each knowledge base; without one the start is slow, not wrong."""
    from qa.engine.building import snapshot_folder
    from retrieval.exceptions import RetrievalError
    from retrieval.manifest import read_manifest, verify_files

    live = _live()
    fingerprint = live.model_fingerprint if live else ""
    for base in KnowledgeBase.objects.order_by("pk"):
        folders = [f for f in snapshot_folder(base.pk, fingerprint).glob("*") if f.name.isdigit()]
        if not folders:
            continue
        newest = max(folders, key=lambda folder: int(folder.name))
        try:
            verify_files(newest, read_manifest(newest, fingerprint))
        except (RetrievalError, OSError) as error:
            yield Problem(
                f"The index of knowledge base {base.slug}: {error}",
                f"Delete {newest}; it is built anew at the next start, and written after the next edits.",
            )


def _live() -> Release | None:
    row = LiveRelease.objects.select_related("release").first()
    return row.release if row else None
