"""The one bundle that this process answers with, and the thread that keeps it at the live release."""

from __future__ import annotations

import asyncio
import logging
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

import numpy as np
from django.conf import settings
from django.db import DatabaseError, close_old_connections, connections
from django.utils.translation import gettext as _

from qa.engine.batching import MAX_BATCH, MicroBatcher
from qa.exceptions import QAError, Unavailable
from qa.models import LiveRelease, Release

if TYPE_CHECKING:
    from nlp.pretrained import FloatArray
    from qa.engine.bundle import Bundle, Finding, Question

logger = logging.getLogger(__name__)

RETRY_S = 5.0
"""Pause before a release that could not be loaded is tried again; another one is loaded at once."""
_NONE = object()


@dataclass(frozen=True)
class Readiness:
    """Whether questions can be answered, and what to know when not (or not by the live release)."""

    is_ready: bool
    release: int | None
    detail: str


class _State:
    """Everything that changes, in one place; bundles are swapped by reference."""

    def __init__(self) -> None:
        self.bundle: Bundle | None = None
        self.batcher: MicroBatcher[Question, Finding] | None = None
        self.follower: threading.Thread | None = None
        self.stopping = threading.Event()
        self.trouble = ""
        self.failed: object = _NONE
        self.retry_at = 0.0


_state = _State()
_lock = threading.Lock()


def load(*, follow: bool = True) -> None:
    """Load the live release into this process; with `follow`, keep up with later ones.

    What goes wrong is said in `readiness()` and in the log, and tried again while following: the
    process serves what needs no engine meanwhile.
    """
    with _lock:
        if _state.batcher is None:
            _state.batcher = MicroBatcher(_consider, name="inference")
        _catch_up()
        if follow and _state.follower is None:
            _state.stopping.clear()
            _state.follower = threading.Thread(target=_follow, name="release-follower", daemon=True)
            _state.follower.start()


def swap(bundle: Bundle) -> None:
    """Answer with this bundle from the next batch on; batches under way finish with the old one."""
    _state.bundle = bundle
    _state.trouble = ""
    logger.info("release %d answers", bundle.release)


def current() -> Bundle:
    """Return the bundle in use.

    Raises:
        Unavailable: Nothing is loaded.
    """
    if _state.bundle is None:
        raise Unavailable(_("The answering engine is still starting. Please try again in a moment."))
    return _state.bundle


async def ask(question: Question) -> Finding:
    """Consider one question, together with whatever else is queued.

    Raises:
        Unavailable: Nothing is loaded, or the engine did not answer in time.
    """
    current()
    if _state.batcher is None:
        raise Unavailable(_("The answering engine is still starting. Please try again in a moment."))
    future = asyncio.wrap_future(_state.batcher.submit(question))
    try:
        return await asyncio.wait_for(future, settings.ANSWER_TIMEOUT_S)
    except TimeoutError as error:
        raise Unavailable(_("Too many questions are waiting just now. Please try again in a moment.")) from error


def normalise(text: str) -> str:
    """Return a text as the engine reads it, lower case and in simplified characters; needs nothing loaded."""
    from nlp.text import normalise as normalise_text

    return normalise_text(text)


def readiness() -> Readiness:
    """Tell whether this process can answer, by which release, and what is wrong if anything is."""
    bundle = _state.bundle
    if bundle is None:
        return Readiness(False, None, _state.trouble or "no release is loaded yet")
    return Readiness(True, bundle.release, _state.trouble or "ok")


def close() -> None:
    """Stop following, finish what is queued, forget the bundle."""
    with _lock:
        _state.stopping.set()
        if _state.follower is not None:
            _state.follower.join(timeout=10)
        if _state.batcher is not None:
            _state.batcher.close()
        _state.bundle = _state.batcher = _state.follower = None
        _state.failed, _state.trouble = _NONE, ""


class _SharedEncoder:
    """The encoder in use, for other threads: it runs on the inference thread, between batches."""

    def __init__(self, bundle: Bundle) -> None:
        self._encoder = bundle.interpreter.encoder
        self.dim = self._encoder.dim

    def encode(self, texts: Sequence[str]) -> FloatArray:
        """Encode texts in pieces of a batch each, so that customers need not wait for all of them."""
        if _state.batcher is None:
            raise Unavailable("The engine was closed.")
        vectors = np.empty((len(texts), self.dim), np.float32)
        for start in range(0, len(texts), MAX_BATCH):
            piece = texts[start : start + MAX_BATCH]
            vectors[start : start + MAX_BATCH] = _state.batcher.call(partial(self._encoder.encode, piece)).result()
        return vectors


def _consider(questions: Sequence[Question]) -> list[Finding]:
    return current().consider(questions)


def _follow() -> None:
    while not _state.stopping.wait(settings.RELEASE_POLL_S):
        _catch_up()
        close_old_connections()
    connections.close_all()


def _catch_up() -> None:
    """Move to the live release; when that fails, the old one, if any, stays, and why is kept."""
    live: object = _NONE
    try:
        live = LiveRelease.objects.values_list("release_id", flat=True).first()
        if live == _state.failed and time.monotonic() < _state.retry_at:
            return
        if _state.bundle is None or live != _state.bundle.release:
            swap(_next_bundle(live))
        elif (renewed := _state.bundle.renewed()) is not _state.bundle:
            _state.bundle = renewed  # the same release: newest edits got their class scores
    except (DatabaseError, QAError) as error:
        _note_trouble(str(error), live)
    except Exception as error:
        if not _is_of_ours(error):
            logger.exception("release can't be loaded")
        _note_trouble(str(error), live)
    else:
        _state.failed, _state.trouble = _NONE, ""


def _next_bundle(live: int | None) -> Bundle:
    release = Release.objects.filter(pk=live).first() if live is not None else None
    if release is None or not release.model_fingerprint:
        raise Unavailable("no model has been prepared; run `manage.py prepare_model` (or `make run`)")
    from qa.engine.building import build_bundle, follow_release, load_interpreter  # LiteRT and FAISS: heavy to import

    if (bundle := _state.bundle) is not None:
        return follow_release(bundle, release, _SharedEncoder(bundle))
    interpreter = load_interpreter(release.model_fingerprint)
    return build_bundle(release, interpreter, interpreter.encoder)


def _is_of_ours(error: Exception) -> bool:
    from nlp.exceptions import NLPError
    from retrieval.exceptions import RetrievalError

    return isinstance(error, NLPError | RetrievalError)


def _note_trouble(words: str, release: object) -> None:
    _state.failed, _state.retry_at = release, time.monotonic() + RETRY_S
    if _state.trouble != words:
        logger.error("the live release does not answer here: %s", words)
    _state.trouble = words
