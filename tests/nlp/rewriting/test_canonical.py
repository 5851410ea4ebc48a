"""Canonical questions: pieces, numbers, and back to text."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nlp.pretrained import PretrainedWeights
from nlp.rewriting.canonical import MAX_QUESTION_TOKENS, CanonicalQuestions, read_questions
from nlp.text import normalise
from nlp.vocabulary import BOS_ID, EOS_ID, full_vocabulary
from tests.nlp.conftest import TINY_CHARACTERS

pytestmark = pytest.mark.unit

SMALL = CanonicalQuestions(("A b", "B"), ("▁a", "▁b"), ((2, 3), (3,)))


def test_arrays_of_two_questions() -> None:
    assert SMALL.vocabulary_size == 4
    assert SMALL.lengths.tolist() == [3, 2]
    assert SMALL.targets.tolist() == [[2, 3, 1], [3, 1, 1]]
    assert SMALL.inputs.tolist() == [[0, 2, 3], [0, 3, 1]]
    assert {a.dtype for a in (SMALL.lengths, SMALL.targets, SMALL.inputs)} == {np.dtype(np.int32)}


def test_find_folds_spellings() -> None:
    assert SMALL.find(["ａ  B", "b", "c", ""]).tolist() == [0, 1, -1, -1]


def test_find_sequence() -> None:
    assert [SMALL.find_sequence(s) for s in ([3], [2, 3], [2], [])] == [1, 0, -1, -1]


def test_find_gives_the_first_of_equal_questions() -> None:
    twice = CanonicalQuestions(("x", "a", "A"), ("▁x", "▁a"), ((2,), (3,), (3,)))
    assert (twice.find(["a"]).tolist(), twice.find_sequence([3])) == ([1], 1)


def test_only_pieces_that_occur_are_kept(tiny_weights: PretrainedWeights) -> None:
    questions, rows = read_questions(["空调", "no cold"], full_vocabulary(tiny_weights))
    assert questions.pieces == ("▁空调", "▁no", "▁cold")
    assert rows[:2] == [BOS_ID, EOS_ID]
    assert [tiny_weights.pieces[i] for i in rows[2:]] == list(questions.pieces)
    assert questions.sequences == ((2,), (3, 4))


@settings(max_examples=50, deadline=None)
@given(st.lists(st.text(TINY_CHARACTERS + " ", max_size=30), min_size=1, max_size=4))
def test_sequences_say_the_normalised_questions(tiny_weights: PretrainedWeights, texts: list[str]) -> None:
    questions, _ = read_questions(texts, full_vocabulary(tiny_weights))
    assert [questions.say(s) for s in questions.sequences] == [normalise(t) for t in texts]


@pytest.mark.parametrize("num_characters", [MAX_QUESTION_TOKENS - 2, MAX_QUESTION_TOKENS - 1, 500])
def test_long_questions_are_cut(tiny_weights: PretrainedWeights, num_characters: int) -> None:
    questions, _ = read_questions(["x" * num_characters], full_vocabulary(tiny_weights))
    # "▁" is a piece of its own here: one more than there are characters, and the end mark.
    assert questions.lengths.tolist() == [min(num_characters + 2, MAX_QUESTION_TOKENS)]
