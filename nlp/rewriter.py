"""The served rewriter: how likely a question is what was meant, and what was probably meant."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
import numpy.typing as npt
import tensorflow as tf

from nlp.pretrained import FloatArray
from nlp.rewriting.canonical import END, CanonicalQuestions, IntArray
from nlp.rewriting.decoding import decode
from nlp.rewriting.files import load_rewriter
from nlp.rewriting.network import RewriterNetwork, RewriterShape
from nlp.rewriting.token_states import TokenStates

MAX_BATCH = 16
"""Utterances of one call; the memory of a call grows with utterances × candidates × pieces."""
_QUESTIONS_AT_ONCE = 256


@dataclass(frozen=True, slots=True)
class Rewriting:
    """One utterance, rewritten.

    Attributes:
        text: A canonical question as its editor wrote it; free wording, normalised, if `question` is -1.
        likelihood: Geometric mean of the tokens' probabilities, 0 to 1; no probability of being right.
        question: Number of the canonical question that this is, or -1.
    """

    text: str
    likelihood: float
    question: int


class Rewriter:
    """A loaded rewriter. One thread at a time may call it.

    It runs without XLA: compiled, 12 tokens at batch 1 cost 2.05 ms of CPU, as a traced graph 1.82,
    and no shape has to be compiled first.

    Attributes:
        questions: What it knows; the number of a question is its place here.
    """

    def __init__(self, questions: CanonicalQuestions, shape: RewriterShape, arrays: dict[str, FloatArray]) -> None:
        self.questions = questions
        self._network = RewriterNetwork(shape, arrays)
        self._targets = tf.constant(questions.targets)
        self._lengths = tf.constant(questions.lengths)
        self._starts = tf.constant(np.cumsum(questions.lengths, dtype=np.int32) - questions.lengths)
        batch = [tf.TensorSpec([None, None, shape.dim]), tf.TensorSpec([None, None])]
        of_candidates = [tf.TensorSpec([None, None], tf.int32), tf.TensorSpec([None, shape.num_units], tf.float16)]
        self._score = tf.function(self._score_batch, input_signature=[*batch, *of_candidates])
        self._say = tf.function(self._say_batch, input_signature=batch)
        self._pick = tf.function(self._pick_batch, input_signature=batch)

    @classmethod
    def load(cls, folder: Path) -> "Rewriter":
        """Load from a folder; raises what `load_rewriter` raises."""
        return cls(*load_rewriter(folder))

    def warm_up(self) -> None:
        """Trace everything once, so that no customer pays for the first time."""
        states = TokenStates(np.zeros((2, self._network.shape.dim), np.float32), np.array([2]))
        self.score(states, np.zeros((1, 1), np.int32))
        self.rewrite(states)

    def score(self, states: TokenStates, candidates: IntArray) -> FloatArray:
        """Score candidates: mean log probability of a token of each candidate's question.

        Args:
            states: Of n utterances, from the encoder that this rewriter was trained on.
            candidates: (n, k) int32, numbers of questions; -1 = none, or not known.

        Returns:
            (n, k) float32, ≤ 0 nats; NaN where the candidate is -1. An utterance scores alike, up to
            rounding, in any company.
        """
        scores = np.full(candidates.shape, np.nan, np.float32)
        for rows in _batches(states) if candidates.size else ():
            chosen = candidates[rows]
            batch = self._score(*states.padded(rows), np.maximum(chosen, 0), self._memories).numpy()
            scores[rows] = np.where(chosen >= 0, batch, np.nan)
        return scores

    def rewrite(self, states: TokenStates, *, free: bool = False) -> list[Rewriting]:
        """Say what was probably meant, greedily, token by token.

        Greedy decoding finds the right question less often than ranking does (60 % against 90 % of the
        demonstration's development questions), but where both agree 96 % are right: show a rewriting
        only if its entry is among those that ranking offers.

        Args:
            states: Of n utterances, as for `score`.
            free: Whether any wording may come out, for evaluation and for searching with it. Else only
                tokens are taken that lead to a canonical question: nothing that no editor wrote can
                be shown to a customer.

        Returns:
            n rewritings, none longer than the longest question.
        """
        rewritings: dict[int, Rewriting] = {}
        for rows in _batches(states):
            batch = states.padded(rows)
            said, likelihoods = (t.numpy() for t in (self._say(*batch) if free else self._pick(*batch)))
            for row, tokens, likelihood in zip(rows, said, likelihoods, strict=True):
                rewritings[int(row)] = self._rewriting(tokens, float(likelihood))
        return [rewritings[row] for row in range(len(states))]

    def _rewriting(self, tokens: IntArray, likelihood: float) -> Rewriting:
        ends = np.flatnonzero(tokens == END)
        sequence = tokens[: ends[0]].tolist() if len(ends) else tokens.tolist()
        question = self.questions.find_sequence(sequence)
        text = self.questions.say(sequence) if question < 0 else self.questions.texts[question]
        return Rewriting(text, likelihood, question)

    @cached_property
    def _memories(self) -> tf.Tensor:
        """The GRU's outputs over every question, run once: (num_tokens, num_units) float16, unpadded."""
        parts = []
        for at in range(0, len(self.questions), _QUESTIONS_AT_ONCE):
            inputs = self.questions.inputs[at : at + _QUESTIONS_AT_ONCE]
            lengths = self.questions.lengths[at : at + _QUESTIONS_AT_ONCE]
            steps = self._network.remember(self._network.embed(inputs[:, : lengths.max()])).numpy()
            parts.append(steps[np.arange(steps.shape[1]) < lengths[:, None]].astype(np.float16))
        return tf.constant(np.concatenate(parts))

    def _score_batch(self, states: tf.Tensor, mask: tf.Tensor, candidates: tf.Tensor, memories: tf.Tensor) -> tf.Tensor:
        batch, num_candidates = tf.shape(candidates)[0], tf.shape(candidates)[1]
        lengths = tf.gather(self._lengths, candidates)  # (batch, k)
        steps = tf.reduce_max(lengths)
        # Past a question's end the last step is taken again, and not counted.
        step = tf.minimum(tf.range(steps), lengths[:, :, None] - 1)  # (batch, k, steps)
        places = tf.reshape(tf.gather(self._starts, candidates)[:, :, None] + step, [batch, num_candidates * steps])
        chosen = tf.cast(tf.gather(memories, places), tf.float32)
        log_p = self._network.choose(self._network.speak(chosen, self._network.read(states, mask)))
        targets = tf.gather(self._targets, candidates)[:, :, :steps]
        said = tf.gather(log_p, tf.reshape(targets, [batch, num_candidates * steps]), axis=2, batch_dims=2)
        counted = tf.sequence_mask(lengths, steps, dtype=tf.float32)
        total = tf.reduce_sum(tf.reshape(said, [batch, num_candidates, steps]) * counted, axis=2)
        return total / tf.cast(lengths, tf.float32)

    def _say_batch(self, states: tf.Tensor, mask: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        return decode(self._network, states, mask, self._targets, among_targets=False)

    def _pick_batch(self, states: tf.Tensor, mask: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        return decode(self._network, states, mask, self._targets, among_targets=True)


def _batches(states: TokenStates) -> Iterator[npt.NDArray[np.intp]]:
    """Group rows by padded length, so that an utterance is padded alike in any company."""
    for length in np.unique(states.padded_lengths):
        rows = np.flatnonzero(states.padded_lengths == length)
        for at in range(0, len(rows), MAX_BATCH):
            yield rows[at : at + MAX_BATCH]
