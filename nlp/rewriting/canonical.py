"""Canonical questions as token sequences over the few pieces that occur in them."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt
import sentencepiece as spm

from nlp.text import normalise
from nlp.vocabulary import BOS_ID, EOS_ID, METASPACE, Vocabulary

IntArray = npt.NDArray[np.int32]

START, END = 0, 1
"""Own ids of the marks; own id `2 + i` is `CanonicalQuestions.pieces[i]`."""
MAX_QUESTION_TOKENS = 48
"""Longer questions are cut here, the end mark included; of the demonstration's 318 the longest has 21."""


@dataclass(frozen=True)
class CanonicalQuestions:
    """The questions that a rewriter knows, in its own small vocabulary.

    Attributes:
        texts: As editors wrote them, in the order of their numbers.
        pieces: SentencePiece pieces that occur in them, sorted by their id in the full vocabulary.
        sequences: Own ids of each question, without marks.
    """

    texts: tuple[str, ...]
    pieces: tuple[str, ...]
    sequences: tuple[tuple[int, ...], ...]

    def __len__(self) -> int:
        return len(self.texts)

    @property
    def vocabulary_size(self) -> int:
        """Pieces and the two marks."""
        return len(self.pieces) + 2

    @cached_property
    def lengths(self) -> IntArray:
        """Tokens of each question, the end mark included: (num_questions,) int32, ≥ 1."""
        return np.array([len(s) + 1 for s in self.sequences], np.int32)

    @cached_property
    def targets(self) -> IntArray:
        """What is to be said at each step: (num_questions, longest) int32, end marks as padding."""
        rows = np.full((len(self), int(self.lengths.max(initial=1))), END, np.int32)
        for row, sequence in zip(rows, self.sequences, strict=True):
            row[: len(sequence)] = sequence
        return rows

    @cached_property
    def inputs(self) -> IntArray:
        """What was said before each step, the start mark first: like `targets`."""
        return np.concatenate([np.full((len(self), 1), START, np.int32), self.targets[:, :-1]], axis=1)

    @cached_property
    def _numbers(self) -> dict[str, int]:
        # Of two entries with one question the first is found.
        return {normalise(text): number for number, text in reversed(list(enumerate(self.texts)))}

    @cached_property
    def _numbers_of_sequences(self) -> dict[tuple[int, ...], int]:
        return {sequence: number for number, sequence in reversed(list(enumerate(self.sequences)))}

    def find(self, texts: Iterable[str]) -> IntArray:
        """Return the numbers of questions by their text, -1 where one is not known: (n,) int32."""
        return np.array([self._numbers.get(normalise(t), -1) for t in texts], np.int32)

    def find_sequence(self, sequence: Sequence[int]) -> int:
        """Return the number of the question that is said by own ids without marks, or -1."""
        return self._numbers_of_sequences.get(tuple(sequence), -1)

    def say(self, sequence: Sequence[int]) -> str:
        """Turn own ids without marks into normalised text."""
        return "".join(self.pieces[i - 2] for i in sequence).replace(METASPACE, " ").strip()


def read_questions(texts: Sequence[str], vocabulary: Vocabulary) -> tuple[CanonicalQuestions, list[int]]:
    """Cut questions into pieces of a vocabulary, and number the pieces that occur.

    Returns:
        The questions, and the full vocabulary's id of each own id, marks included; rows of the
        encoder's word embeddings: (vocabulary_size,).
    """
    processor = spm.SentencePieceProcessor(model_proto=vocabulary.to_proto())
    cut = [ids[: MAX_QUESTION_TOKENS - 1] for ids in processor.encode([normalise(t) for t in texts])]
    kept = sorted({i for ids in cut for i in ids})
    own = {full: number for number, full in enumerate(kept, start=2)}
    sequences = tuple(tuple(own[i] for i in ids) for ids in cut)
    questions = CanonicalQuestions(tuple(texts), tuple(vocabulary.pieces[i] for i in kept), sequences)
    return questions, [BOS_ID, EOS_ID, *kept]
