from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.feature_extraction.text import TfidfVectorizer

from retrieval.lexical import LexicalAnalyzer
from retrieval.ngrams import NgramIndex

pytestmark = pytest.mark.unit

TEXTS = [
    "空调 不制冷",
    "空调缺氟怎么办",
    "why is my ac leaking",
    "ac leaks",
    "e4",
    "ac ac ac leaks water",
    "空调缺氟怎么办",
]
QUERIES = ["ac 缺氟", "my ac leaks", "空调", "e4 e4", "完全别的", "zzz", "", "a", "水"]
ANALYZER = LexicalAnalyzer({"缺氟": "缺氟"})


def make_index(texts=TEXTS):
    return NgramIndex(texts, [ANALYZER.tokens(text) for text in texts])


def words_of(text):
    tokens = ANALYZER.tokens(text)
    return [*tokens, *(f"{left} {right}" for left, right in pairwise(tokens))]


def characters_of(text):
    """Every substring of 2 to 5 Latin characters, or of 1 to 4 with a Chinese one among them."""
    pieces = [text[i:j] for i in range(len(text)) for j in range(i + 1, len(text) + 1)]
    return [p for p in pieces if (len(p) <= 4 if any(c >= "\u3400" for c in p) else 2 <= len(p) <= 5)]


def reference_cosines(texts, queries):
    """The same with scikit-learn: half words, half characters."""
    cosines = 0
    for analyzer in (words_of, characters_of):
        vectorizer = TfidfVectorizer(analyzer=analyzer, sublinear_tf=True)
        known = vectorizer.fit_transform(texts)
        cosines = cosines + (vectorizer.transform(queries) @ known.T).toarray() / 2
    return cosines


@pytest.mark.parametrize("number", range(len(QUERIES)))
def test_cosines_are_those_of_scikit_learn(number):
    query = QUERIES[number]
    found = make_index().cosines(query, ANALYZER.tokens(query))
    assert found.dtype == np.float32
    np.testing.assert_allclose(found, reference_cosines(TEXTS, [query])[0], atol=1e-6)


LETTERS = st.text("ab 空调", max_size=8)


@settings(deadline=None)
@given(st.lists(LETTERS.filter(lambda text: len(text.strip()) > 1), min_size=1, max_size=6), LETTERS)
def test_cosines_of_any_text_are_those_of_scikit_learn(texts, query):
    found = make_index(texts).cosines(query, ANALYZER.tokens(query))
    np.testing.assert_allclose(found, reference_cosines(texts, [query])[0], atol=1e-5)


def test_gram_matrix_is_the_cosines_of_the_phrasings():
    found = make_index().gram_matrix()
    assert (found.dtype, found.flags.c_contiguous) == (np.float32, True)
    np.testing.assert_allclose(found, reference_cosines(TEXTS, TEXTS), atol=1e-6)


def test_gram_matrix_of_more_phrasings_than_a_block():
    texts = [f"ac {number} leaks" for number in range(700)]
    index = make_index(texts)
    expected = np.array([index.cosines(text, ANALYZER.tokens(text)) for text in texts])
    np.testing.assert_allclose(index.gram_matrix(), expected, atol=1e-6)


def test_vectors_are_of_unit_length_half_words_half_characters():
    index = make_index()
    lengths = np.sqrt(index.matrix.multiply(index.matrix).sum(axis=1))
    np.testing.assert_allclose(np.asarray(lengths).ravel(), 1, atol=1e-6)
    _, weights, _ = index.weigh(["ac leaks"], [ANALYZER.tokens("ac leaks")])
    num_words = 3  # two words and their pair, before the characters
    assert np.sum(weights[:num_words] ** 2) == pytest.approx(0.5, abs=1e-6)
    assert np.sum(weights[num_words:] ** 2) == pytest.approx(0.5, abs=1e-6)


@pytest.mark.parametrize(
    ("text", "grams"),
    [
        ("abcdef", {"ab", "bc", "cd", "de", "ef", "abc", "bcd", "cde", "def", "abcd", "bcde", "cdef", "abcde", "bcdef"}),
        ("一二三四五", set("一二三四五") | {"一二", "二三", "三四", "四五", "一二三", "二三四", "三四五", "一二三四", "二三四五"}),
        ("ab一", {"ab", "一", "b一", "ab一"}),
        ("abcd一", {"ab", "bc", "cd", "abc", "bcd", "abcd", "一", "d一", "cd一", "bcd一"}),
        ("a", set()),
        ("一", {"一"}),
        ("", set()),
    ],
)  # fmt: skip
def test_grams_are_2_to_5_latin_or_1_to_4_chinese_characters(text, grams):
    index = NgramIndex([text], [[]])
    assert index.matrix.shape == (1, len(grams))
    for gram in grams:
        assert len(index.weigh([gram], [[]])[0]) == len(characters_of(gram))


def test_word_and_characters_of_the_same_spelling_are_two_grams():
    assert NgramIndex(["ac"], [["ac"]]).matrix.shape == (1, 2)
    assert NgramIndex(["ac"], [["ac"]]).cosines("ac", [])[0] == pytest.approx(0.5)


def test_grams_that_no_phrasing_has_dont_count():
    index = make_index()
    columns, weights, ends = index.weigh(["zzz"], [ANALYZER.tokens("zzz")])
    assert (columns.tolist(), weights.tolist(), ends.tolist()) == ([], [], [0, 0])
    alone, beside = index.cosines("缺氟", ["缺氟"]), index.cosines("缺氟zzz", ["缺氟", "zzz"])
    np.testing.assert_allclose(alone, beside, atol=1e-6)


@pytest.mark.parametrize("texts", [[], [""], ["", ""]], ids=["no phrasings", "one empty", "two empty"])
def test_index_without_grams_is_searchable(texts):
    index = make_index(texts)
    assert index.cosines("ac leaks", ["ac", "leak"]).tolist() == [0.0] * len(texts)
    np.testing.assert_array_equal(index.gram_matrix(), np.zeros((len(texts), len(texts)), np.float32))


def test_number_of_words_must_be_that_of_texts():
    with pytest.raises(ValueError, match="zip"):
        NgramIndex(["ac", "e4"], [["ac"]])


def test_texts_weighed_together_are_weighed_as_alone():
    index, tokens = make_index(), [ANALYZER.tokens(query) for query in QUERIES]
    columns, weights, ends = index.weigh(QUERIES, tokens)
    for query, of_query, (start, end) in zip(QUERIES, tokens, pairwise(ends), strict=True):
        alone = index.weigh([query], [of_query])
        assert columns[start:end].tolist() == alone[0].tolist()
        np.testing.assert_allclose(weights[start:end], alone[1], rtol=1e-6)
    assert index.weigh([], [])[2].tolist() == [0]
