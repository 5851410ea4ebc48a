import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from retrieval.bm25 import DeltaLexicalIndex, LexicalIndex

pytestmark = pytest.mark.unit

DOCUMENTS = [["water", "leak"], ["no", "cool"], ["water", "water", "drip", "noise"], []]
TOKENS = st.lists(st.sampled_from(["water", "leak", "no", "cool", "drip", "other"]), max_size=8)


def test_rarer_tokens_weigh_more():
    index = LexicalIndex(DOCUMENTS)
    assert index.statistics.idf("leak") > index.statistics.idf("water")
    assert int(index.scores(["leak"]).argmax()) == 0


@pytest.mark.parametrize("tokens", [[], ["unknown"]])
def test_unknown_tokens_score_nothing(tokens):
    np.testing.assert_array_equal(LexicalIndex(DOCUMENTS).scores(tokens), np.zeros(4, np.float32))


@pytest.mark.parametrize("documents", [[], [[]], [[], []]])
def test_collection_without_tokens_is_searchable(documents):
    assert LexicalIndex(documents).scores(["water"]).tolist() == [0.0] * len(documents)


@given(TOKENS)
def test_delta_scores_the_snapshots_own_documents_as_bm25s_does(query):
    index = LexicalIndex(DOCUMENTS)
    delta = DeltaLexicalIndex(DOCUMENTS, index.statistics)
    np.testing.assert_allclose(delta.scores(query), index.scores(query), rtol=1e-5, atol=1e-6)
    single = [index.statistics.score(query, document) for document in DOCUMENTS]
    np.testing.assert_allclose(index.scores(query), single, rtol=1e-5, atol=1e-6)


def test_token_that_only_the_delta_knows_is_found_and_weighs_most():
    statistics = LexicalIndex(DOCUMENTS).statistics
    scores = DeltaLexicalIndex([["e9", "x"], ["leak", "x"]], statistics).scores(["e9", "leak"])
    assert scores[0] > scores[1] > 0


@given(TOKENS.filter(bool))
def test_a_document_equal_to_the_query_reaches_the_self_score(query):
    statistics = LexicalIndex([*DOCUMENTS, query]).statistics
    assert statistics.score(query, query) == pytest.approx(statistics.self_score(query))
    assert statistics.self_score(query) > 0
