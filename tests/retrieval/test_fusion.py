import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from retrieval.classes import SHARPNESS
from retrieval.fusion import (
    DEFAULT_WEIGHTS,
    NUM_DENSITY,
    Candidates,
    ClassEvidence,
    Ranked,
    Roll,
    ScoreWeights,
    density_of,
    fuse,
)
from retrieval.ridge import LEAST_PENALTY

pytestmark = pytest.mark.unit

W = DEFAULT_WEIGHTS
ALONE = 1 / (1 + LEAST_PENALTY)
"""What a regression on a single phrasing says of that phrasing itself."""


ENTRIES = np.array([*range(12), *range(12)])
"""Of a partition: those of the snapshot, then those of the delta."""
Row = tuple[int, float, float]
"""Entry id, cosine, lexical."""


def rank(*rows: Row, known: dict[int, tuple[float, ...]] | None = None, **options) -> list[Ranked]:
    """Rank one question's candidates; `known` has entries' dense and textual class scores, and P(entry) if not 0."""
    return rank_all([rows], [known] if known else None, **options)[0]


def rank_all(
    questions, known=None, *, new=(), answers=(), outside=(), agreement=None, weights=W, top_k=10
) -> list[list[Ranked]]:
    """Rank several questions' candidates.

    `new` has the entries of the delta, `answers` the rows that are answers, `outside` the entries to be declined,
    `agreement` each question's entries that share its jargon.
    """
    rows = [row for of_question in questions for row in of_question]
    ids, cosines, lexical = zip(*rows, strict=True) if rows else [()] * 3
    numbers = np.arange(len(rows))
    fitted = sorted({entry_id for of_question in known or () for entry_id in of_question})
    places = [fitted.index(e) if e in fitted and slot < 12 else -1 for slot, e in enumerate(ENTRIES.tolist())]
    roll = Roll(
        groups=np.array(ids, np.int64) + 12 * np.isin(ids, list(new)),
        is_answer=np.isin(numbers, answers),
        entry_ids=ENTRIES,
        fitted=np.array(places),
        is_outside=np.isin(ENTRIES, list(outside)),
    )
    asked = np.repeat(np.arange(len(questions)), [len(of_question) for of_question in questions])
    candidates = Candidates(asked, numbers, np.array(cosines, np.float32), np.array(lexical, np.float32))
    table = np.zeros((3, len(known or ()), len(fitted)), np.float32)
    for number, of_question in enumerate(known or ()):
        for place, entry_id in enumerate(fitted):
            scores = of_question[entry_id]
            table[: len(scores), number, place] = scores
    classes = ClassEvidence(*table) if known else None
    shares = np.array([np.isin(ENTRIES, sharing) for sharing in agreement], np.float32) if agreement else None
    return fuse(candidates, roll, len(questions), classes=classes, agreement=shares, weights=weights, top_k=top_k)


def test_nothing_to_rank():
    assert rank(known={1: (1, 1)}) == []


def test_score_is_the_weighted_sum_of_class_scores_nearest_cosine_and_density():
    weights = ScoreWeights(textual=0.2, posterior=0.4, nearest=0.5, density=0.7)
    (hit,) = rank((7, 0.6, 0.4), (7, 0.5, 0.9), known={7: (0.8, 0.3, 0.9)}, weights=weights)
    assert hit.score == pytest.approx(0.8 + 0.2 * 0.3 + 0.4 * 0.9 + 0.5 * 0.6 + 0.7 * 0.55)
    assert (hit.dense_class, hit.textual_class, hit.dense, hit.lexical) == pytest.approx((0.8, 0.3, 0.6, 0.9))
    assert hit.density == pytest.approx(0.55)


def test_class_score_outweighs_a_phrasing_that_is_a_little_nearer():
    ranked = rank((1, 0.62, 0), (2, 0.60, 0), known={1: (0.3, 0), 2: (0.5, 0)})
    assert [hit.entry_id for hit in ranked] == [2, 1]


def test_likelier_one_of_two_entries_with_the_same_scores_is_first():
    ranked = rank((1, 0.6, 0), (2, 0.6, 0), known={1: (0.3, 0, 0.2), 2: (0.3, 0, 0.7)})
    assert [hit.entry_id for hit in ranked] == [2, 1]
    assert ranked[0].score - ranked[1].score == pytest.approx(W.posterior * 0.5)


def test_without_class_scores_the_nearest_phrasing_stands_in():
    (hit,) = rank((1, 0.6, 0.4))
    assert hit.dense_class == pytest.approx(math.exp(SHARPNESS * (0.6 - 1)) * ALONE)
    assert hit.textual_class == pytest.approx(0.4 * ALONE)
    # P(entry) is no less likely than the dense class score.
    assert hit.score == pytest.approx(
        (1 + W.posterior) * hit.dense_class + W.textual * hit.textual_class + (W.nearest + W.density) * 0.6
    )


def test_new_entry_gets_a_stand_in_though_an_older_version_of_it_has_class_scores():
    known = {1: (0.9, 0.9), 2: (0.7, 0.6)}
    by_entry = {hit.entry_id: hit for hit in rank((1, 0.6, 0.4), (2, 0.6, 0.4), new=(1,), known=known)}
    assert by_entry[1].dense_class == pytest.approx(math.exp(SHARPNESS * -0.4) * ALONE)
    assert by_entry[1].textual_class == pytest.approx(0.4 * ALONE)
    assert (by_entry[2].dense_class, by_entry[2].textual_class) == pytest.approx((0.7, 0.6))


@pytest.mark.parametrize("posteriors", [(0.5, 0.5), (0.9, 0.1)], ids=["nothing learnt", "learnt"])
def test_new_entry_is_likelier_than_the_fitted_only_where_something_was_learnt(posteriors):
    known = {entry_id: (0.5, 0.2, posterior) for entry_id, posterior in zip((2, 5), posteriors, strict=True)}
    new, _first, _second = sorted(
        rank((1, 0.6, 0), (2, 0.6, 0), (5, 0.6, 0), known=known), key=lambda hit: hit.entry_id
    )
    posterior = 0.5 if posteriors == (0.5, 0.5) else new.dense_class
    assert new.score == pytest.approx(new.dense_class + W.posterior * posterior + (W.nearest + W.density) * 0.6)


@pytest.mark.parametrize("entry_id", [1, 4, 9], ids=["before", "between", "after"])
def test_entry_that_was_not_among_the_fitted_gets_a_stand_in(entry_id):
    (hit,) = rank((entry_id, 1.0, 1.0), known={2: (0.1, 0.1), 5: (0.2, 0.2)})
    assert (hit.dense_class, hit.textual_class) == pytest.approx((ALONE, ALONE))


def test_every_entry_gets_its_own_class_scores():
    known = {2: (0.2, 0.02), 5: (0.5, 0.05), 9: (0.9, 0.09), 11: (0.1, 0.01)}
    ranked = rank((9, 0, 0), (2, 0, 0), (5, 0, 0), known=known)
    assert [hit.entry_id for hit in ranked] == [9, 5, 2]
    assert [hit.dense_class for hit in ranked] == pytest.approx([0.9, 0.5, 0.2])
    assert [hit.textual_class for hit in ranked] == pytest.approx([0.09, 0.05, 0.02])


def test_entry_known_by_an_answer_alone_is_scored_by_cosine_and_words():
    (hit,) = rank((1, 0.6, 0.4), answers=(0,), known={1: (0.9, 0.9)})
    assert hit.score == pytest.approx(0.6 + W.answer_lexical * 0.4 + W.density * 0.6)


def test_answer_beside_a_phrasing_is_one_more_text_of_its_entry():
    (hit,) = rank((1, 0.6, 0.4), (1, 0.5, 0.1), answers=(0,), known={1: (0.9, 0.5)})
    assert hit.score == pytest.approx(0.9 + W.textual * 0.5 + W.nearest * 0.6 + W.density * 0.55)


def test_evidence_of_different_phrasings_is_combined_and_the_best_one_is_named():
    (hit,) = rank((1, 0.9, 0.0), (1, 0.1, 1.0), (1, 0.8, 0.5))
    assert (hit.dense, hit.lexical, hit.row) == (pytest.approx(0.9), 1.0, 2)


def test_first_of_two_equal_phrasings_is_named():
    assert rank((1, 0.5, 0.5), (1, 0.5, 0.5))[0].row == 0


def test_equal_scores_are_in_the_order_of_ids():
    ranked = rank((9, 0.5, 0), (3, 0.5, 0), (5, 0.5, 0), top_k=2)
    assert [hit.entry_id for hit in ranked] == [3, 5]


ROW = st.tuples(st.integers(1, 5), st.floats(-1, 1, width=32), st.floats(0, 1, width=32))
KNOWN = st.sets(st.integers(1, 5), min_size=1)
SOME = st.sets(st.integers(1, 5), max_size=3)


@given(st.lists(ROW, min_size=1, max_size=30), KNOWN, st.sets(st.integers(1, 5)), SOME, st.randoms())
def test_ranking_doesnt_depend_on_the_order_of_candidates(rows, fitted, new, outside, random):
    known = {entry_id: (entry_id / 7, entry_id / 9) for entry_id in fitted}
    ranked = rank(*rows, known=known, new=new, outside=outside)
    assert {hit.entry_id for hit in ranked} == {entry_id for entry_id, _, _ in rows} - outside
    assert [hit.score for hit in ranked] == sorted((hit.score for hit in ranked), reverse=True)
    shuffled = random.sample(rows, len(rows))
    again = {hit.entry_id: hit.score for hit in rank(*shuffled, known=known, new=new, outside=outside)}
    assert again == pytest.approx({hit.entry_id: hit.score for hit in ranked}, abs=1e-6)


@given(
    st.lists(st.lists(ROW, max_size=12), min_size=1, max_size=4),
    KNOWN,
    st.sets(st.integers(1, 5)),
    SOME,
    st.integers(1, 4),
)
def test_questions_ranked_together_are_ranked_as_alone(questions, fitted, new, outside, top_k):
    known = [{e: ((e + number) / 7, e / 9) for e in fitted} for number in range(len(questions))]
    together = rank_all(questions, known, new=new, outside=outside, top_k=top_k)
    for rows, of_question, ranked in zip(questions, known, together, strict=True):
        alone = rank(*rows, known=of_question, new=new, outside=outside, top_k=top_k)
        assert [hit[:1] + hit[2:] for hit in ranked] == [hit[:1] + hit[2:] for hit in alone]


@pytest.mark.parametrize(
    ("cosines", "density"),
    [
        ([], 0.0),
        ([-0.4], -0.4),
        ([0.9, 0.1, -0.4], 0.2),
        ([n / 10 for n in range(NUM_DENSITY)], 0.45),
        ([-1.0, *(n / 10 for n in range(NUM_DENSITY)), -1.0], 0.45),
    ],
    ids=["none", "one", "fewer than ten", "ten", "more than ten"],
)
def test_density_is_the_mean_of_the_ten_highest_cosines(cosines, density):
    assert density_of(np.array(cosines, np.float32)) == pytest.approx(density)


def test_density_is_of_phrasings_of_any_entries_and_the_same_for_all_entries():
    # Eleven phrasings of five entries: the farthest one doesn't count.
    rows = [(number % 5, 0.8 - number / 20, 0.0) for number in range(11)]
    known = {entry_id: (entry_id / 10, 0.2) for entry_id in range(5)}
    ranked, flat = rank(*rows, known=known), rank(*rows, known=known, weights=ScoreWeights(density=0))
    assert [hit.entry_id for hit in ranked] == [hit.entry_id for hit in flat] == [4, 3, 2, 1, 0]
    assert [hit.density for hit in ranked] == pytest.approx([0.575] * 5)
    shifts = [hit.score - other.score for hit, other in zip(ranked, flat, strict=True)]
    assert shifts == pytest.approx([0.6 * 0.575] * 5, abs=1e-6)


def test_every_question_has_its_own_density():
    first, nothing, last = rank_all([[(1, 0.8, 0), (2, 0.4, 0)], [], [(1, -0.2, 0)]])
    assert [hit.density for hit in first] == pytest.approx([0.6, 0.6])
    assert nothing == []
    assert [hit.density for hit in last] == pytest.approx([-0.2])


KNOWN_INSIDE = {1: (0.7, 0.2), 2: (0.3, 0.1)}
INSIDE = ((1, 0.6, 0.3), (2, 0.4, 0.1))
"""Two entries that may be found; beside them, others that are to be declined."""


def test_topic_to_decline_is_never_found_and_lowers_every_score_by_half_of_its_own():
    known = KNOWN_INSIDE | {5: (0.9, 0.8)}
    ranked = rank(*INSIDE, (5, 0.8, 0.9), known=known, outside={5})
    declined = 0.9 + 0.3 * 0.8 + 0.3 * 0.8  # 1.38
    shift = 0.6 * (0.6 + 0.4 + 0.8) / 3 - 0.5 * declined
    assert [hit.entry_id for hit in ranked] == [1, 2]
    assert [hit.score for hit in ranked] == pytest.approx(
        [0.7 + 0.3 * 0.2 + 0.3 * 0.6 + shift, 0.3 + 0.3 * 0.1 + 0.3 * 0.4 + shift]
    )
    # What else is known of them stays what it is, and their density counts all that is near.
    assert [(hit.dense, hit.lexical, hit.dense_class, hit.textual_class, hit.density, hit.row) for hit in ranked] == [
        pytest.approx((0.6, 0.3, 0.7, 0.2, 0.6, 0)),
        pytest.approx((0.4, 0.1, 0.3, 0.1, 0.6, 1)),
    ]


def test_of_several_topics_to_decline_the_one_with_the_best_score_counts():
    known = KNOWN_INSIDE | {5: (0.2, 0), 6: (0.5, 0)}
    # Topic 5 has the nearer phrasing, topic 6 the better score: 0.5 + 0.3 * 0.5 = 0.65 against 0.41.
    (first, _) = rank(*INSIDE, (5, 0.7, 0), (6, 0.5, 0), known=known, outside={5, 6})
    assert first.score == pytest.approx(0.94 + 0.6 * 0.55 - 0.5 * 0.65)


@pytest.mark.parametrize("cosine", [0.0, -0.9])
def test_topic_to_decline_with_a_score_that_is_not_above_0_takes_nothing_away(cosine):
    known = KNOWN_INSIDE | {5: (0.0, 0.0)}
    ranked = rank(*INSIDE, (5, cosine, 0), known=known, outside={5}, weights=ScoreWeights(density=0))
    alone = rank(*INSIDE, known=KNOWN_INSIDE, weights=ScoreWeights(density=0))
    assert [hit.score for hit in ranked] == [hit.score for hit in alone]


def test_topic_to_decline_counts_against_its_own_question_only():
    known = [KNOWN_INSIDE | {5: (0.8, 0.0)}, KNOWN_INSIDE | {5: (0.4, 0.0)}]
    weights = ScoreWeights(density=0)
    both, none = rank_all([[*INSIDE, (5, 0.0, 0)], INSIDE], known, outside={5}, weights=weights)
    assert [hit.score for hit in both] == pytest.approx([0.94 - 0.4, 0.45 - 0.4])
    assert [hit.score for hit in none] == pytest.approx([0.94, 0.45])


def test_topic_to_decline_in_the_delta_counts_by_its_stand_in():
    (first, _) = rank(*INSIDE, (5, 0.5, 0.8), known=KNOWN_INSIDE, new={5}, outside={5})
    declined = math.exp(SHARPNESS * -0.5) * ALONE + 0.3 * 0.8 * ALONE + 0.3 * 0.5  # P(entry) of all is 0
    assert first.score == pytest.approx(0.94 + 0.6 * 0.5 - 0.5 * declined)


def test_topics_to_decline_alone_leave_nothing():
    assert rank((5, 0.9, 0.9), (6, 0.8, 0.1), known={5: (1, 1), 6: (1, 1)}, outside={5, 6}) == []
    assert [len(of) for of in rank_all([[(5, 0.9, 0.9)], [(5, 0.9, 0), (1, 0.1, 0)]], outside={5})] == [0, 1]


def test_topics_to_decline_take_no_place_among_the_best():
    known = KNOWN_INSIDE | {5: (2, 1), 6: (2, 1)}
    ranked = rank((5, 0.9, 0), (6, 0.9, 0), *INSIDE, known=known, outside={5, 6}, top_k=2)
    assert [(hit.entry_id, hit.row) for hit in ranked] == [(1, 2), (2, 3)]


def test_shared_jargon_of_an_entry_raises_its_score_beside_a_topic_to_decline():
    known = KNOWN_INSIDE | {5: (0.4, 0)}
    weights = ScoreWeights(density=0)
    ranked = rank(*INSIDE, (5, 0.0, 0), known=known, outside={5}, agreement=[[2]], weights=weights)
    assert [hit.score for hit in ranked] == pytest.approx([0.94 - 0.2, 0.45 + 0.2 - 0.2])
