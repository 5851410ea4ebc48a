"""What full training learns from beside the phrasings: terms said otherwise, and entries that are confusable."""

import numpy as np
import pytest

from nlp.lexicon import Lexicon, LexiconTerm
from qa.services.training_batches import NUM_CONFUSABLE, nearest_by_faiss, substituting


def test_substitution_says_a_term_otherwise() -> None:
    lexicon = Lexicon([LexiconTerm("缺氟", "jargon", ("少氟",))])
    substitute = substituting({"空调缺氟了": lexicon, "空调不转": lexicon, "冰箱缺氟了": Lexicon()})
    rng = np.random.default_rng(0)
    assert substitute("空调缺氟了", rng) == "空调少氟了"
    assert substitute("空调不转", rng) == "空调不转"
    assert substitute("冰箱缺氟了", rng) == "冰箱缺氟了"  # another trade's
    assert substitute("缺氟", rng) == "缺氟"


def test_confusable_entries_are_the_nearest_others() -> None:
    rng = np.random.default_rng(0)
    vectors = rng.normal(size=(40, 6)).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    cosines = vectors @ vectors.T
    np.fill_diagonal(cosines, -np.inf)
    expected = np.argsort(-cosines, axis=1)[:, :NUM_CONFUSABLE]
    assert nearest_by_faiss(vectors).tolist() == expected.tolist()


@pytest.mark.parametrize("num", [1, 2, 5])
def test_confusable_entries_of_few(num: int) -> None:
    found = nearest_by_faiss(np.eye(6, dtype=np.float32)[:num])
    assert found.shape == (num, num - 1)
    assert all(set(row) == set(range(num)) - {i} for i, row in enumerate(found.tolist()))
