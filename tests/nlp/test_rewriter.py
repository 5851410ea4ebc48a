"""The served rewriter: scores, decoding, save and load, damage."""

import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nlp.exceptions import ModelDamaged, ModelForeign, ModelNotFound
from nlp.pretrained import PretrainedWeights
from nlp.rewriter import MAX_BATCH, Rewriter
from nlp.rewriting.canonical import END, START, CanonicalQuestions
from nlp.rewriting.files import DESCRIPTION, WEIGHTS, save_rewriter
from nlp.rewriting.network import RewriterNetwork, RewriterShape, initial_arrays
from nlp.rewriting.settings import TrainedRewriter
from nlp.rewriting.token_states import TokenStates
from tests.nlp.rewriter_samples import DIM, PAIRS, QUESTIONS, TEXTS, encode, train

pytestmark = pytest.mark.unit

TRIE = CanonicalQuestions(("a b", "a c b", "a c", "b"), ("▁a", "▁b", "▁c"), ((2, 3), (2, 4, 3), (2, 4), (3,)))
TRIE_SHAPE = RewriterShape(DIM, TRIE.vocabulary_size, num_units=4, attention_dim=3)


def _untrained(seed: int) -> dict[str, np.ndarray]:  # type: ignore[type-arg]
    words = np.random.default_rng(seed).normal(size=(TRIE.vocabulary_size, DIM)).astype(np.float32)
    zero, one = np.zeros(DIM, np.float32), np.ones(DIM, np.float32)
    arrays = initial_arrays(TRIE_SHAPE, words, zero, one, seed=seed)
    return arrays | {"output_bias": np.random.default_rng(seed).normal(size=5).astype(np.float32)}


@pytest.fixture(scope="module")
def trained(tiny_weights: PretrainedWeights) -> TrainedRewriter:
    return train(tiny_weights, held_out=0.0)


@pytest.fixture(scope="module")
def rewriter(trained: TrainedRewriter) -> Rewriter:
    return Rewriter(trained.questions, trained.shape, trained.arrays)


@pytest.fixture
def folder(tmp_path: Path, trained: TrainedRewriter) -> Path:
    save_rewriter(tmp_path / "rewriter", trained.questions, trained.shape, trained.arrays)
    return tmp_path / "rewriter"


def _all_candidates(num_texts: int) -> np.ndarray:  # type: ignore[type-arg]
    return np.tile(np.arange(len(QUESTIONS), dtype=np.int32), (num_texts, 1))


def test_the_right_question_scores_best(rewriter: Rewriter) -> None:
    scores = rewriter.score(encode(TEXTS), _all_candidates(len(TEXTS)))
    assert (scores.shape, scores.dtype) == ((16, 4), np.float32)
    assert scores.argmax(axis=1).tolist() == [pair.question for pair in PAIRS]
    assert scores.max() <= 0


def test_rewriting_gives_the_editors_wording(rewriter: Rewriter) -> None:
    rewritings = rewriter.rewrite(encode(TEXTS))
    assert [r.text for r in rewritings] == [QUESTIONS[pair.question] for pair in PAIRS]
    assert all(0 < r.likelihood <= 1 for r in rewritings)


def test_a_rewritings_likelihood_is_its_score(rewriter: Rewriter) -> None:
    for rewriting, states in ((rewriter.rewrite(encode([t]))[0], encode([t])) for t in TEXTS[::5]):
        score = rewriter.score(states, np.array([[rewriting.question]], np.int32))
        assert rewriting.likelihood == pytest.approx(float(np.exp(score[0, 0])), rel=1e-2)  # kept in half precision


@pytest.mark.parametrize("seed", range(3))
def test_scores_are_means_of_single_steps(seed: int) -> None:
    arrays = _untrained(seed)
    network, states = RewriterNetwork(TRIE_SHAPE, arrays), encode(["空调 e1"])
    source = network.read(*states.padded([0]))
    expected = []
    for sequence in TRIE.sequences:
        memory, before, total = network.start(1), START, 0.0
        for token in (*sequence, END):
            memory = network.advance(memory, np.array([before], np.int32))
            total += float(network.choose(network.speak(memory[:, None, :], source))[0, 0, token])
            before = token
        expected.append(total / (len(sequence) + 1))
    scores = Rewriter(TRIE, TRIE_SHAPE, arrays).score(states, np.arange(4, dtype=np.int32)[None])
    assert np.allclose(scores[0], expected, atol=2e-3)


def _walk(network: RewriterNetwork, states: TokenStates) -> tuple[list[int], float]:
    """Walk the trie greedily, in plain Python."""
    source, memory = network.read(*states.padded([0])), network.start(1)
    said: list[int] = []
    total = 0.0
    while END not in said:
        memory = network.advance(memory, np.array([said[-1] if said else START], np.int32))
        log_p = network.choose(network.speak(memory[:, None, :], source))[0, 0].numpy()
        allowed = {(*s, END)[len(said)] for s in TRIE.sequences if list(s[: len(said)]) == said and len(s) >= len(said)}
        said.append(max(sorted(allowed), key=lambda token: log_p[token]))
        total += float(log_p[said[-1]])
    return said[:-1], float(np.exp(total / len(said)))


@settings(max_examples=12, deadline=None)
@given(st.integers(0, 200), st.text("空调不制冷e1 x", min_size=1, max_size=12))
def test_rewriting_walks_the_trie_of_the_questions(seed: int, text: str) -> None:
    arrays, states = _untrained(seed), encode([text])
    (rewriting,) = Rewriter(TRIE, TRIE_SHAPE, arrays).rewrite(states)
    sequence, likelihood = _walk(RewriterNetwork(TRIE_SHAPE, arrays), states)
    assert list(TRIE.sequences[rewriting.question]) == sequence
    assert rewriting.text == TRIE.texts[rewriting.question]
    assert rewriting.likelihood == pytest.approx(likelihood, rel=1e-4)


def test_free_rewriting_may_be_no_question() -> None:
    arrays = _untrained(0) | {"output_bias": np.array([0, -50, 0, 0, 50], np.float32)}
    arrays["output"] = np.zeros_like(arrays["output"])
    (free,) = Rewriter(TRIE, TRIE_SHAPE, arrays).rewrite(encode(["x"]), free=True)
    assert (free.text, free.question) == ("c c c c", -1)
    assert free.likelihood == pytest.approx(1.0)


def test_free_rewriting_never_says_the_start_mark() -> None:
    arrays = _untrained(0) | {"output_bias": np.array([50, 0, 0, 9, 0], np.float32)}
    arrays["output"] = np.zeros_like(arrays["output"])
    (free,) = Rewriter(TRIE, TRIE_SHAPE, arrays).rewrite(encode(["x"]), free=True)
    assert free.text == "b b b b"


def test_unknown_candidates_score_nan(rewriter: Rewriter) -> None:
    candidates = np.array([[0, -1], [-1, -1]], np.int32)
    scores = rewriter.score(encode(TEXTS[:2]), candidates)
    assert np.isnan(scores).tolist() == [[False, True], [True, True]]
    alone = rewriter.score(encode(TEXTS[:1]), np.array([[0]], np.int32))
    assert scores[0, 0] == pytest.approx(float(alone[0, 0]), abs=1e-5)


def test_nothing_to_do(rewriter: Rewriter) -> None:
    nothing = TokenStates(np.zeros((0, DIM), np.float32), np.zeros(0, np.int64))
    assert rewriter.rewrite(nothing) == []
    assert rewriter.score(nothing, np.zeros((0, 3), np.int32)).shape == (0, 3)
    assert rewriter.score(encode(["x"]), np.zeros((1, 0), np.int32)).shape == (1, 0)


def test_company_does_not_matter(rewriter: Rewriter) -> None:
    texts = (TEXTS * 3)[: 2 * MAX_BATCH + 1]
    together = rewriter.score(encode(texts), _all_candidates(len(texts)))
    alone = np.concatenate([rewriter.score(encode([t]), _all_candidates(1)) for t in texts])
    assert np.allclose(together, alone, atol=1e-5)
    assert [r.text for r in rewriter.rewrite(encode(texts))] == [rewriter.rewrite(encode([t]))[0].text for t in texts]


def test_save_and_load_keep_everything(folder: Path, rewriter: Rewriter) -> None:
    loaded = Rewriter.load(folder)
    loaded.warm_up()
    assert loaded.questions == rewriter.questions
    candidates = _all_candidates(len(TEXTS))
    assert np.array_equal(loaded.score(encode(TEXTS), candidates), rewriter.score(encode(TEXTS), candidates))


@pytest.mark.parametrize("name", [DESCRIPTION, WEIGHTS])
def test_a_missing_file_is_named(folder: Path, name: str) -> None:
    (folder / name).unlink()
    with pytest.raises(ModelNotFound, match=name):
        Rewriter.load(folder)


def test_another_format_is_foreign(folder: Path) -> None:
    description = json.loads((folder / DESCRIPTION).read_text())
    (folder / DESCRIPTION).write_text(json.dumps(description | {"format": 2}))
    with pytest.raises(ModelForeign, match="format 2, expected 1"):
        Rewriter.load(folder)


@pytest.mark.parametrize(
    "change",
    [
        {"shape": {"dim": 8}},
        {"shape": {"dim": 8, "vocabulary_size": 5, "num_units": 16}},
        {"sequences": [[2]]},
        {"sequences": [[2], [2], [2], [10_000]]},
        {"sequences": [[2], [2], [2], [END]]},
        {"sequences": [["x"], [2], [2], [2]]},
        {"questions": [], "sequences": []},
        {"pieces": ["a"]},
    ],
)
def test_a_description_that_does_not_fit_is_damaged(folder: Path, change: dict[str, object]) -> None:
    description = json.loads((folder / DESCRIPTION).read_text())
    (folder / DESCRIPTION).write_text(json.dumps(description | change))
    with pytest.raises(ModelDamaged):
        Rewriter.load(folder)


@pytest.mark.parametrize("content", [b"", b"[]", b"{", b"\xff\xfe", b"[" * 100_000])
@pytest.mark.parametrize("name", [DESCRIPTION, WEIGHTS])
def test_files_that_are_something_else_are_damaged(folder: Path, name: str, content: bytes) -> None:
    (folder / name).write_bytes(content)
    with pytest.raises(ModelDamaged, match="can't be read as a rewriter"):
        Rewriter.load(folder)
