"""From the database to a bundle: read what is live, encode what has no vector yet, index it."""

import logging
import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path

from django.conf import settings
from django.db.models import Prefetch

from nlp.artifacts import check_canaries
from nlp.calibration import Calibration
from nlp.encoder import SentenceEncoder
from nlp.exceptions import CalibrationImpossible
from nlp.interpretation import Interpreter
from nlp.jargon.codes import find_codes
from nlp.lexicon import Lexicon, LexiconTerm
from nlp.text import normalise
from qa.engine.bundle import DEFAULT_CALIBRATION, Bundle
from qa.engine.installed import open_installed
from qa.engine.vectors import Encoder, vectors_of
from qa.models import Entry, KnowledgeBase, Phrasing, Product, Release, ReviewItem, Term
from qa.progress import Progress, silent
from retrieval.documents import Document
from retrieval.exceptions import RetrievalError
from retrieval.lexical import LexicalAnalyzer
from retrieval.searcher import Partition, Searcher
from retrieval.storage import load_partition

logger = logging.getLogger(__name__)

_LATIN_WORD = re.compile("[a-z]+")


def load_interpreter(model_fingerprint: str) -> Interpreter:
    """Open, verify, load and warm up a model of this installation.

    Raises:
        NLPError: It is missing, damaged or foreign.
    """
    model = open_installed(model_fingerprint)
    encoder = SentenceEncoder(model.encoder_folder)
    check_canaries(model.folder, encoder.encode)
    encoder.warm_up()
    return Interpreter(encoder)


def build_bundle(
    release: Release, interpreter: Interpreter, encoder: Encoder, *, progress: Progress = silent
) -> Bundle:
    """Build everything that a release answers with; snapshots on disk are used when they are sound.

    Args:
        release: Which.
        interpreter: Of its model.
        encoder: The interpreter's, callable from this thread.
        progress: Told of each stage of what is built afresh.
    """
    bases = list(KnowledgeBase.objects.all())
    lexicons = {base.pk: read_lexicon(base.pk) for base in bases}
    for lexicon in lexicons.values():
        lexicon.warm_up()
    fingerprint = release.model_fingerprint
    partitions = {base.pk: _partition(base, fingerprint, encoder, lexicons[base.pk], progress) for base in bases}
    return Bundle(
        release=release.number,
        model_fingerprint=fingerprint,
        knowledge_revision=release.knowledge_revision,
        lexicon_revision=release.lexicon_revision,
        interpreter=interpreter,
        searcher=Searcher(partitions),
        lexicons=lexicons,
        calibrations=read_calibrations(release, bases),
    )


def follow_release(bundle: Bundle, release: Release, encoder: Encoder) -> Bundle:
    """Build the next bundle from the one in use: only what changed is read and encoded.

    A new model or lexicon, or a knowledge base that is new or gone, is built afresh.

    Args:
        encoder: The bundle's encoder, callable from this thread.
    """
    bases = list(KnowledgeBase.objects.all())
    if release.model_fingerprint != bundle.model_fingerprint:
        interpreter = load_interpreter(release.model_fingerprint)
        return build_bundle(release, interpreter, interpreter.encoder)
    if release.lexicon_revision != bundle.lexicon_revision or {b.pk for b in bases} != set(bundle.lexicons):
        return build_bundle(release, bundle.interpreter, encoder)
    searcher = bundle.searcher
    for base in bases:
        partition = searcher.partition(base.pk)
        changed = _apply_changes(partition, base, bundle.knowledge_revision, release.model_fingerprint, encoder)
        if changed is not partition:
            searcher = searcher.with_partition(base.pk, changed)
    return replace(
        bundle,
        release=release.number,
        knowledge_revision=release.knowledge_revision,
        searcher=searcher,
        calibrations=read_calibrations(release, bases),
    )


def read_lexicon(knowledge_base_id: int) -> Lexicon:
    """Read the approved terms of a knowledge base.

    The words of its published phrasings are no typos of a term. What they name, makers and error codes, is not
    foreign; what topics to decline name is.
    """
    entries = Entry.objects.published().filter(knowledge_base_id=knowledge_base_id)
    phrasings = Phrasing.objects.filter(entry__in=entries).values_list("text", "entry__is_out_of_scope")
    texts: dict[bool, list[str]] = {False: [], True: []}
    for text, is_out_of_scope in phrasings.iterator():
        texts[is_out_of_scope].append(normalise(text))
    return lexicon_of(read_terms(knowledge_base_id), texts[False], declined=texts[True])


def chosen_phrasings(knowledge_base_id: int) -> frozenset[int]:
    """Return the ids of a knowledge base's phrasings that were made of reviews; see `calibrate`."""
    made = ReviewItem.objects.filter(knowledge_base_id=knowledge_base_id, phrasing__isnull=False)
    return frozenset(pk for pk in made.values_list("phrasing_id", flat=True) if pk is not None)


def read_terms(knowledge_base_id: int) -> list[LexiconTerm]:
    """Read the approved terms of a knowledge base as editors wrote them."""
    approved = Term.objects.filter(knowledge_base_id=knowledge_base_id, status=Term.Status.APPROVED)
    return [
        LexiconTerm(t.text, t.kind, tuple(a.text for a in t.aliases.all()))  # type: ignore[arg-type]  # choices
        for t in approved.prefetch_related("aliases").order_by("pk")
    ]


def lexicon_of(terms: Sequence[LexiconTerm], texts: Sequence[str], *, declined: Sequence[str] = ()) -> Lexicon:
    """Build the lexicon of terms and the normalised phrasings that they are used in.

    Args:
        terms: As editors wrote them.
        texts: Phrasings of entries; what they name is not foreign.
        declined: Phrasings of topics to decline; their words are no typos either.
    """
    others = Lexicon(term for term in terms if term.kind == "foreign")
    spoken_of = {surface for text in texts for surface in others.exact_terms(text)}
    return Lexicon(
        (term for term in terms if term.kind != "foreign" or normalise(term.text) not in spoken_of),
        known_words={word for text in (*texts, *declined) for word in _LATIN_WORD.findall(text)},
        known_codes={code.text for text in texts for code in find_codes(text)},
    )


def read_calibrations(release: Release, bases: Sequence[KnowledgeBase]) -> Mapping[int, Calibration]:
    """Read each knowledge base's calibration from a release, with the threshold that keeps its promise.

    Where a release has none, or one that can't be read, the default one stands in, which can promise nothing.
    """
    return {base.pk: _calibration(release, base).keeping(base.promise_target) for base in bases}


def _calibration(release: Release, base: KnowledgeBase) -> Calibration:
    stored = release.calibrations.get(base.slug)
    if stored is None:
        return DEFAULT_CALIBRATION
    try:
        return Calibration.from_json(stored)
    except CalibrationImpossible as error:
        # Answering with the default confidence is better than not at all; `prepare_model` fits it anew.
        logger.error("knowledge base %s has the default confidence, its own can't be read: %s", base.slug, error)
        return DEFAULT_CALIBRATION


def snapshot_folder(knowledge_base_id: int, fingerprint: str) -> Path:
    """Return where a knowledge base's snapshots under one encoder lie, one folder a revision."""
    return Path(settings.INDEX_DIR) / str(knowledge_base_id) / fingerprint


def _partition(
    base: KnowledgeBase, fingerprint: str, encoder: Encoder, lexicon: Lexicon, progress: Progress
) -> Partition:
    analyzer = LexicalAnalyzer(lexicon.surfaces)
    loaded = _load_snapshot(base, fingerprint, analyzer)
    if loaded is not None:
        partition, revision = loaded
        return _apply_changes(partition, base, revision, fingerprint, encoder)
    entries = Entry.objects.published().filter(knowledge_base=base)
    documents = read_documents(entries.values_list("pk", flat=True))
    vectors = vectors_of(documents, fingerprint, encoder, progress=partial(progress, "encoding phrasings"))
    progress("indexing", 0, 1)
    partition = Partition.build(documents, vectors, analyzer)
    progress("indexing", 1, 1)
    return partition


def _load_snapshot(base: KnowledgeBase, fingerprint: str, analyzer: LexicalAnalyzer) -> tuple[Partition, int] | None:
    """Load the newest sound snapshot; a damaged one is said in the log and passed over."""
    root = snapshot_folder(base.pk, fingerprint)
    folders = sorted((f for f in root.glob("*") if f.name.isdigit()), key=lambda f: -int(f.name))
    for folder in folders:
        try:
            return load_partition(folder, fingerprint=fingerprint, analyzer=analyzer), int(folder.name)
        except RetrievalError as error:
            logger.warning("index snapshot passed over: %s", error)
    return None


def _apply_changes(
    partition: Partition, base: KnowledgeBase, revision: int, fingerprint: str, encoder: Encoder
) -> Partition:
    changed = Entry.objects.filter(knowledge_base=base).changed_after(revision)
    entry_ids = list(changed.values_list("pk", flat=True))
    if not entry_ids:
        return partition
    documents = read_documents(changed.published().values_list("pk", flat=True))
    edited = partition.replace_entries(entry_ids, documents, vectors_of(documents, fingerprint, encoder))
    return edited.compacted() if edited.is_compaction_due else edited


def read_documents(entry_ids: Collection[int]) -> list[Document]:
    """Read the phrasings of entries as documents, those that normalise to nothing left out."""
    products = Prefetch("entry__products", queryset=Product.objects.only("pk"))
    phrasings = Phrasing.objects.filter(entry__in=entry_ids).select_related("entry").prefetch_related(products)
    documents = []
    for phrasing in phrasings.order_by("pk"):
        if text := normalise(phrasing.text):
            product_ids = tuple(sorted(p.pk for p in phrasing.entry.products.all()))
            documents.append(
                Document(
                    phrasing.pk,
                    phrasing.entry_id,
                    phrasing.language,
                    product_ids,
                    text,
                    is_out_of_scope=phrasing.entry.is_out_of_scope,
                )
            )
    return documents
