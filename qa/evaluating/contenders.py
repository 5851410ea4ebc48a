"""The two sides of a trial, each in bundles of its own that never answer a customer."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from nlp.calibration import Calibration
from nlp.exceptions import CalibrationImpossible
from nlp.interpretation import Interpreter
from qa.engine.building import build_bundle, chosen_phrasings, load_interpreter
from qa.engine.bundle import DEFAULT_CALIBRATION, Bundle
from qa.engine.calibrating import calibrate
from qa.engine.installed import open_installed
from qa.evaluating.trial_questions import Docket
from qa.models import KnowledgeBase, Release
from qa.progress import Progress
from retrieval.documents import Document
from retrieval.searcher import Partition


@dataclass(frozen=True)
class Contender:
    """One side of a trial.

    Attributes:
        fingerprint: Of its model.
        interpreter: Its encoder, loaded and warm.
        is_trained: Whether that was trained on this installation's knowledge.
        size_bytes: Of the model's directory.
        release: Whose calibrations it has; None for a candidate: its confidence is fitted.
        snapshot: The dataset that it was trained on; empty for none.
    """

    fingerprint: str
    interpreter: Interpreter
    is_trained: bool
    size_bytes: int
    release: Release | None = None
    snapshot: str = ""


def open_contender(fingerprint: str, *, release: Release | None = None) -> Contender:
    """Open a model, verify each file, load it and ask it its canaries.

    Raises:
        NLPError: It is missing, damaged or foreign, or gives other vectors than when it was exported.
    """
    model = open_installed(fingerprint)
    size = sum(path.stat().st_size for path in model.folder.rglob("*") if path.is_file())
    return Contender(fingerprint, load_interpreter(fingerprint), model.is_trained, size, release, model.snapshot)


def build_contender(contender: Contender, live: Release, *, progress: Progress) -> Bundle:
    """Index all knowledge under a contender's encoder, and fit its confidence where it has none.

    Args:
        contender: Which side.
        live: Says which knowledge and which terms.
        progress: Told of each stage.
    """
    unsaved = Release(
        number=live.number,
        model_fingerprint=contender.fingerprint,
        knowledge_revision=live.knowledge_revision,
        lexicon_revision=live.lexicon_revision,
        calibrations=contender.release.calibrations if contender.release else {},
    )
    interpreter = contender.interpreter
    bundle = build_bundle(unsaved, interpreter, interpreter.encoder, progress=progress)
    return bundle if contender.release else replace(bundle, calibrations=_fitted(bundle, contender))


def _fitted(bundle: Bundle, contender: Contender) -> dict[int, Calibration]:
    calibrations = {}
    for base in KnowledgeBase.objects.all():
        try:
            partition = bundle.searcher.partition(base.pk)
            chosen = chosen_phrasings(base.pk)
            calibrations[base.pk] = calibrate(partition, trained=contender.is_trained, chosen=chosen)
        except CalibrationImpossible:
            calibrations[base.pk] = DEFAULT_CALIBRATION
    return calibrations


def with_promises(bundle: Bundle) -> Bundle:
    """Return a bundle that answers from the thresholds on that keep each knowledge base's promise."""
    kept = {
        base.pk: bundle.calibrations[base.pk].keeping(base.promise_target)
        for base in KnowledgeBase.objects.filter(pk__in=bundle.calibrations)
    }
    return replace(bundle, calibrations=kept)


def without_held_out(bundle: Bundle, knowledge_base_id: int, docket: Docket) -> Bundle:
    """Return a bundle that does not know the phrasings which are asked."""
    return _without(bundle, knowledge_base_id, lambda document: document.phrasing_id in docket.held_out_phrasings)


def without_strangers(bundle: Bundle, knowledge_base_id: int, docket: Docket) -> Bundle:
    """Return a bundle that does not know the entries whose phrasings are asked."""
    return _without(bundle, knowledge_base_id, lambda document: document.entry_id in docket.stranger_entries)


def _without(bundle: Bundle, knowledge_base_id: int, is_left_out: Callable[[Document], bool]) -> Bundle:
    whole = bundle.searcher.partition(knowledge_base_id)
    documents: Sequence[Document] = whole.documents
    kept = [row for row, document in enumerate(documents) if not is_left_out(document)]
    partition = Partition.build([documents[row] for row in kept], whole.vectors()[kept], whole.analyzer)
    return replace(bundle, searcher=bundle.searcher.with_partition(knowledge_base_id, partition))
