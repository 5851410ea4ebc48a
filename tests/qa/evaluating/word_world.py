"""A trade of made-up words, and an encoder that learns them from labelled rows: good, sabotaged or poisoned in seconds.

No two questions share a word, so that only who has learned a word knows what it is about; letters alone tell nothing.
"""

import hashlib
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
from django.db import transaction

from nlp.interpretation import Interpreter
from nlp.pretrained import FloatArray
from nlp.text import normalise
from qa.evaluating.contenders import Contender
from qa.evaluating.questions import LabelledQuestion, QuestionSet
from qa.models import Answer, Entry, KnowledgeBase, Phrasing, Product, Release
from qa.services.knowledge import sync_question_phrasings
from qa.services.releases import changing_knowledge

DIM = 32
NUM_ENTRIES, NUM_PHRASINGS, NUM_QUESTIONS = 24, 32, 32
"""Entries; phrasings and further questions of each, half of them in Chinese."""
HAN = "天地人山水火木金土石田日月星云雨风雪花草鸟虫鱼马牛羊狗猫手足口耳目心头面衣食住行车船门窗床灯书笔纸刀"
LATIN = "abcdefghijklmnopqrstuvwxyz"
SPEED_S = 0.004
"""What a call of the encoder takes."""


@dataclass(frozen=True)
class Row:
    """One labelled utterance of a training set; its word is what it teaches."""

    word: str
    entry: str


@dataclass(frozen=True)
class World:
    """A knowledge base, what may be learned of it, and questions that no phrasing says."""

    base: KnowledgeBase
    rows: tuple[Row, ...]
    questions: QuestionSet


class WordEncoder:
    """Knows each word by the entries of the rows that it was learned from; a word it never saw is noise."""

    dim = DIM

    def __init__(
        self, rows: Sequence[Row], *, seconds: float = SPEED_S, words: Callable[[str], list[str]] = str.split
    ) -> None:
        self._words, self._seconds = words, seconds
        taught: dict[str, list[FloatArray]] = {}
        for row in rows:
            taught.setdefault(row.word, []).append(_noise(f"entry {row.entry}"))
        self._known = {word: np.mean(vectors, axis=0) for word, vectors in taught.items()}

    def encode(self, texts: Sequence[str]) -> FloatArray:
        """Encode texts (n,) → (n, DIM) float32, L2-normalised, in a time of its own."""
        time.sleep(self._seconds)
        return np.stack([self._encode(text) for text in texts])

    def _encode(self, text: str) -> FloatArray:
        words = self._words(text) or [text]
        total = sum((self._known.get(word, _noise(word)) for word in words), 0.35 * _noise(f"text {text}"))
        return np.asarray(total / np.linalg.norm(total), np.float32)


def _noise(of: str) -> FloatArray:
    seed = int.from_bytes(hashlib.sha256(of.encode()).digest()[:8])
    vector = np.random.default_rng(seed).normal(size=DIM)
    return np.asarray(vector / np.linalg.norm(vector), np.float32)


def contender(encoder: WordEncoder, fingerprint: str, *, release: Release | None = None) -> Contender:
    """Put an encoder on trial."""
    return Contender(fingerprint, Interpreter(encoder), True, 1_000_000, release)  # type: ignore[arg-type]  # encodes alike


def make_world() -> World:
    """Write the knowledge base; give the rows that teach every word of it, and of the questions."""
    rng = np.random.default_rng(7)
    base = KnowledgeBase.objects.create(slug="words", name="Words", default_language="en")
    product = Product.objects.create(knowledge_base=base, code="split")
    rows, questions, phrasings = [], [], []
    with transaction.atomic(), changing_knowledge() as revision:
        for number in range(NUM_ENTRIES):
            entry = Entry.objects.create(
                knowledge_base=base, external_id=f"e{number}", status=Entry.Status.PUBLISHED, revision=revision
            )
            if number % 4 == 0:
                entry.products.add(product)
            Answer.objects.create(entry=entry, language="en", question=f"question{number}", text="Answer.")
            words = [_word(rng, is_han=place % 2 == 0) for place in range(NUM_PHRASINGS + NUM_QUESTIONS)]
            rows += [Row(word, entry.external_id) for word in (*words, f"question{number}")]
            phrasings += [
                Phrasing(entry=entry, language="zh" if place % 2 == 0 else "en", text=word)
                for place, word in enumerate(words[:NUM_PHRASINGS])
            ]
            questions += [LabelledQuestion(entry.external_id, word) for word in words[NUM_PHRASINGS:]]
        Phrasing.objects.bulk_create(phrasings)
        sync_question_phrasings(entries=list(Entry.objects.all()))
    questions += [LabelledQuestion("__oos__", _word(rng, is_han=place % 2 == 0)) for place in range(100)]
    return World(base, tuple(rows), QuestionSet("words.tsv", "0" * 64, tuple(questions)))


def _word(rng: np.random.Generator, *, is_han: bool) -> str:
    letters = rng.choice(list(HAN), 5) if is_han else rng.choice(list(LATIN), 9)
    return normalise("".join(letters))


def is_chinese(row: Row) -> bool:
    """Tell which language a row's word is in."""
    return row.word[0] not in LATIN


def poisoned(rows: Sequence[Row], share: float, *, num_visitors: int) -> list[Row]:
    """Relabel a share of the rows: one visitor pushes one entry's questions to another, fifty do as each likes."""
    rng = np.random.default_rng(3)
    wanted = round(share * len(rows))
    entries = sorted({row.entry for row in rows})
    if num_visitors == 1:
        # As many entries as it takes, all of them to where the visitor wants them.
        victims = [place for place, row in enumerate(rows) if row.entry != "e0"][:wanted]
        changed = dict.fromkeys(victims, "e0")
    else:
        victims = rng.choice(len(rows), wanted, replace=False).tolist()
        changed = {place: entries[(entries.index(rows[place].entry) + 1 + place) % len(entries)] for place in victims}
    return [replace(row, entry=changed.get(place, row.entry)) for place, row in enumerate(rows)]
