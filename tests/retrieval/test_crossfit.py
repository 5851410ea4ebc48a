from dataclasses import fields

import numpy as np
import pytest

from retrieval.classes import ClassScores, kernel
from retrieval.crossfit import LEFT_OUT_SHARE, cross_evidence
from retrieval.fusion import DEFAULT_WEIGHTS, ScoreWeights
from retrieval.logistic import HeldOutPosteriors
from retrieval.ridge import penalty_for
from tests.retrieval.factories import make_analyzer, make_document, vectors_of

pytestmark = pytest.mark.unit

WORDS = ["water", "leak", "noise", "cool", "remote", "filter", "空调", "漏水"]


def make_classes(sizes, *, noise=0.9):
    """Entries with so many phrasings each; vectors with so much noise that some are mistaken."""
    documents = [
        make_document(entry_id, number, f"{WORDS[entry_id % 8]} {WORDS[(entry_id * number) % 8]} {number}")
        for entry_id, size in enumerate(sizes)
        for number in range(size)
    ]
    random = np.random.default_rng(3)
    vectors = vectors_of(documents)
    vectors = (vectors + noise * random.standard_normal(vectors.shape) / 4).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    texts, analyzer = [document.text for document in documents], make_analyzer()
    entry_ids = np.array([document.entry_id for document in documents])
    return ClassScores.fit(entry_ids, vectors, texts, [analyzer.tokens(text) for text in texts])


def refitted(classes, gram, row, left_out):
    """Class scores of a phrasing by a fit that never saw those left out; double precision."""
    kept = np.setdiff1d(np.arange(len(gram)), left_out)
    targets = np.eye(len(classes.entry_ids))[classes.groups[kept]]
    penalty = penalty_for(classes.groups) * np.eye(len(kept))
    return gram[row, kept] @ np.linalg.solve(gram[np.ix_(kept, kept)].astype(np.float64) + penalty, targets)


def by_brute_force(classes, held_out, weights, row, left_out, outside, in_scope):
    """What `CrossEvidence` should hold of one question."""
    is_entry_known = np.isin(classes.groups[row], np.delete(classes.groups, left_out))
    posteriors = (held_out.without_phrasing if is_entry_known else held_out.without_entry)[row]
    cosines, groups = classes.vectors @ classes.vectors.T, classes.groups
    dense = refitted(classes, kernel(cosines), row, left_out)
    textual = refitted(classes, classes.ngrams.gram_matrix(), row, left_out)
    kept = np.setdiff1d(np.arange(len(groups)), left_out)
    nearest = np.array([max([*cosines[row, kept[groups[kept] == c]], -1.0]) for c in range(len(classes.entry_ids))])
    density = np.sort(cosines[row, kept])[-10:].mean()
    scores = dense + weights.textual * textual + weights.posterior * posteriors + weights.nearest * nearest
    declined = max([*scores[outside], 0.0])
    scores += weights.density * density - weights.outside * declined
    found = [c for c in range(len(scores)) if c not in outside and (in_scope or c != groups[row])]
    first, second = sorted(found, key=lambda c: -scores[c])[:2]
    margin = scores[first] - scores[second]
    return [scores[first], dense[first], textual[first], nearest[first], margin, density, first == groups[row]]


def values_of(evidence, number):
    names = ("score", "dense_class", "textual_class", "dense", "margin", "density", "right")
    return [getattr(evidence, name)[number] for name in names]


def outside_of(classes, entries):
    return np.isin(classes.entry_ids, entries)


@pytest.mark.parametrize("outside", [[], [3], [0, 3]], ids=["none outside", "one outside", "two outside"])
@pytest.mark.parametrize(
    "weights",
    [DEFAULT_WEIGHTS, ScoreWeights(textual=0, nearest=2, density=0.2, outside=0.9)],
    ids=["default", "nearest"],
)
def test_evidence_is_that_of_a_refit_for_every_question(weights, outside):
    classes = make_classes([4, 3, 10, 2, 15])
    cosines = classes.vectors @ classes.vectors.T
    evidence = cross_evidence(classes, weights, is_outside=outside_of(classes, outside))
    held_out = HeldOutPosteriors.of(classes.vectors, classes.groups)
    order = list(dict.fromkeys(evidence.rows.tolist()))
    assert sorted(order) == list(range(34))
    for number, row in enumerate(evidence.rows.tolist()):
        siblings = np.flatnonzero(classes.groups == classes.groups[row])
        left_out = np.array([row]) if classes.groups[row] in outside else siblings
        if evidence.in_scope[number]:
            # Every other question leaves out a share of its siblings too.
            share = max(1, round(LEFT_OUT_SHARE * len(siblings))) if order.index(row) % 2 else 1
            left_out = siblings[np.argsort(-cosines[row, siblings])][:share]
            assert row in left_out
        expected = by_brute_force(classes, held_out, weights, row, left_out, outside, evidence.in_scope[number])
        assert values_of(evidence, number) == pytest.approx(expected, abs=1e-3)
    assert 0 < evidence.right[evidence.in_scope].mean() < 1


def test_phrasing_of_a_topic_to_decline_is_asked_once_and_has_no_answer():
    classes = make_classes([4, 3, 5])
    evidence = cross_evidence(classes, DEFAULT_WEIGHTS, is_outside=outside_of(classes, [1]))
    assert sorted(evidence.rows[evidence.in_scope].tolist()) == [0, 1, 2, 3, 7, 8, 9, 10, 11]
    assert sorted(evidence.rows[~evidence.in_scope].tolist()) == list(range(12))
    assert not evidence.right[~evidence.in_scope].any()


def test_topics_to_decline_alone_give_no_evidence():
    classes = make_classes([4, 3])
    assert len(cross_evidence(classes, DEFAULT_WEIGHTS, is_outside=outside_of(classes, [0, 1])).rows) == 0


def test_single_entry_beside_a_topic_to_decline_has_no_second():
    classes = make_classes([4, 3])
    evidence = cross_evidence(classes, DEFAULT_WEIGHTS, is_outside=outside_of(classes, [1]))
    # Without entry 0 nothing is left that could be found: its phrasings are asked in scope, topic 1's are not.
    assert sorted(evidence.rows[evidence.in_scope].tolist()) == [0, 1, 2, 3]
    assert sorted(evidence.rows[~evidence.in_scope].tolist()) == [4, 5, 6]
    np.testing.assert_array_equal(evidence.margin, evidence.score)


def test_topic_to_decline_with_one_phrasing_takes_nothing_from_that_phrasing():
    classes = make_classes([4, 1, 3])
    without, with_topic = (
        cross_evidence(classes, ScoreWeights(outside=share), is_outside=outside_of(classes, [1]))
        for share in (0.0, 0.5)
    )
    asked = np.flatnonzero(with_topic.rows == 4)  # asked without itself: the topic is unknown then
    assert len(asked) == 1
    np.testing.assert_array_equal(with_topic.score[asked], without.score[asked])
    assert (with_topic.score < without.score).any()


def test_jargon_doesnt_speak_for_a_topic_to_decline():
    classes = make_classes([4, 3, 5])
    outside = outside_of(classes, [1])
    spoken = [frozenset({"缺氟"}) if entry == 1 else frozenset() for entry in classes.groups.tolist()]
    plain, heard = (cross_evidence(classes, DEFAULT_WEIGHTS, jargon=j, is_outside=outside) for j in (None, spoken))
    np.testing.assert_array_equal(heard.score, plain.score)


def test_every_phrasing_is_asked_in_and_out_of_scope():
    evidence = cross_evidence(make_classes([4, 3, 5]), DEFAULT_WEIGHTS)
    assert sorted(evidence.rows[evidence.in_scope].tolist()) == list(range(12))
    assert sorted(evidence.rows[~evidence.in_scope].tolist()) == list(range(12))
    assert not evidence.right[~evidence.in_scope].any()
    assert {column.name: len(getattr(evidence, column.name)) for column in fields(evidence)} == dict.fromkeys(
        ["score", "dense_class", "textual_class", "dense", "margin", "density", "right", "in_scope", "rows"], 24
    )


def test_jargon_that_a_left_out_phrasing_alone_knew_counts_for_nobody():
    classes = make_classes([4, 3, 5])
    nobody = [frozenset[str]()] * 12
    plain = cross_evidence(classes, DEFAULT_WEIGHTS, jargon=nobody)
    only_row_2 = cross_evidence(
        classes, DEFAULT_WEIGHTS, jargon=[frozenset({"缺氟"}) if r == 2 else frozenset() for r in range(12)]
    )
    assert np.allclose(plain.score, only_row_2.score)


def test_jargon_of_the_siblings_counts_for_their_entry():
    classes = make_classes([4, 3, 5])
    spoken = [frozenset({"缺氟"}) if entry == 0 else frozenset() for entry in classes.groups.tolist()]
    plain, heard = (cross_evidence(classes, DEFAULT_WEIGHTS, jargon=j) for j in (None, spoken))
    inside = plain.in_scope & np.isin(plain.rows, np.flatnonzero(classes.groups == 0)) & plain.right
    assert inside.any()
    assert np.allclose(heard.score[inside], plain.score[inside] + DEFAULT_WEIGHTS.jargon, atol=1e-5)


def test_entry_that_is_left_out_is_never_first():
    """Not even under weights that would put it there, with a cosine of -1 to everything."""
    evidence = cross_evidence(make_classes([4, 3]), ScoreWeights(nearest=-2))
    assert not evidence.right[~evidence.in_scope].any()
    assert evidence.score[~evidence.in_scope].max() < 2


def test_phrasings_without_noise_are_right():
    evidence = cross_evidence(make_classes([4, 3, 5], noise=0), DEFAULT_WEIGHTS)
    assert evidence.right[evidence.in_scope].all()
    assert evidence.score[evidence.in_scope].min() > evidence.score[~evidence.in_scope].max()


def test_phrasing_without_siblings_is_asked_out_of_scope_only():
    evidence = cross_evidence(make_classes([1, 3, 1]), DEFAULT_WEIGHTS)
    assert sorted(evidence.rows[evidence.in_scope].tolist()) == [1, 2, 3]
    assert sorted(evidence.rows[~evidence.in_scope].tolist()) == [0, 1, 2, 3, 4]


def test_single_entry_is_asked_in_scope_only():
    evidence = cross_evidence(make_classes([4]), DEFAULT_WEIGHTS)
    assert evidence.in_scope.tolist() == evidence.right.tolist() == [True] * 4
    assert np.isfinite(evidence.score).all()


def test_single_phrasing_gives_no_evidence():
    evidence = cross_evidence(make_classes([1]), DEFAULT_WEIGHTS)
    assert [len(evidence.rows), len(evidence.score), evidence.right.dtype] == [0, 0, np.bool_]


def test_evidence_is_the_same_every_time_and_another_with_another_seed():
    classes = make_classes([4, 3, 5])
    first, second = (cross_evidence(classes, DEFAULT_WEIGHTS, max_phrasings=6) for _ in range(2))
    for column in fields(first):
        np.testing.assert_array_equal(getattr(first, column.name), getattr(second, column.name))
    other = cross_evidence(classes, DEFAULT_WEIGHTS, max_phrasings=6, seed=1)
    assert first.rows.tolist() != other.rows.tolist()


def test_as_many_phrasings_are_asked_as_are_allowed():
    evidence = cross_evidence(make_classes([4, 3, 5]), DEFAULT_WEIGHTS, max_phrasings=5)
    assert len(set(evidence.rows.tolist())) == 5


@pytest.mark.parametrize("asked", [[2, 5, 9], []])
def test_only_the_given_phrasings_are_asked(asked):
    evidence = cross_evidence(make_classes([4, 3, 5]), DEFAULT_WEIGHTS, asked=np.array(asked, np.int64))
    assert sorted(set(evidence.rows.tolist())) == asked


def test_classes_are_left_as_they_were():
    classes = make_classes([4, 3, 5])
    before = classes.vectors.copy(), classes.coefficients.dense.copy(), classes.ngrams.matrix.copy()
    cross_evidence(classes, DEFAULT_WEIGHTS)
    np.testing.assert_array_equal(classes.vectors, before[0])
    np.testing.assert_array_equal(classes.coefficients.dense, before[1])
    assert (classes.ngrams.matrix != before[2]).nnz == 0
