"""What models have been trained on: nothing of it is a question that they could be judged by."""

import logging
from collections.abc import Collection

from qa.exceptions import NotFound, SnapshotDamaged, SnapshotWithdrawn
from qa.services.snapshots.reading import Dataset, read_dataset
from qa.services.snapshots.rows import Split
from qa.services.snapshots.workflow import open_snapshot

logger = logging.getLogger(__name__)


def trained_texts(snapshots: Collection[str]) -> frozenset[str]:
    """Return the normalised texts that models of these snapshots were trained on.

    For a snapshot that can't be read any more, what would not be held out now stands in: sides follow from a
    conversation's first words, so what was held out then is held out still.

    Args:
        snapshots: Hashes, as the models' manifests name them.
    """
    texts: set[str] = set()
    for sha256 in sorted(set(snapshots) - {""}):
        try:
            _snapshot, dataset = open_snapshot(sha256=sha256)
        except (NotFound, SnapshotDamaged, SnapshotWithdrawn) as error:
            logger.warning("what a model was trained on is judged by what is reviewed now: %s", error)
            texts |= _texts(read_dataset(), {Split.TRAIN, Split.LEFT_OUT})
        else:
            texts |= _texts(dataset, {Split.TRAIN})
    return frozenset(texts)


def _texts(dataset: Dataset, sides: Collection[Split]) -> set[str]:
    return {row.text for row in dataset.rows if row.split in sides}
