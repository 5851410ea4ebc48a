"""Training of the rewriter: customers' phrasings → canonical questions, on a frozen encoder."""

from collections.abc import Callable, Iterator, Sequence

import keras
import numpy as np
import numpy.typing as npt
import tensorflow as tf

from nlp.exceptions import TrainingDiverged, TrainingImpossible
from nlp.pretrained import FloatArray
from nlp.rewriting.canonical import CanonicalQuestions, read_questions
from nlp.rewriting.network import RewriterNetwork, RewriterShape, Source, initial_arrays
from nlp.rewriting.settings import EpochDone, RewriterSettings, RewritingPair, TrainedRewriter
from nlp.rewriting.token_states import TokenStates
from nlp.vocabulary import Vocabulary

EncodeStates = Callable[[Sequence[str]], TokenStates]
Vary = Callable[[str, np.random.Generator], str]

_TOKENS_FOR_MOMENTS = 50_000
"""Enough to standardise by; all of them would be copied in full precision."""


def train_rewriter(
    pairs: Sequence[RewritingPair],
    questions: Sequence[str],
    encode: EncodeStates,
    vocabulary: Vocabulary,
    word_embeddings: FloatArray,
    *,
    settings: RewriterSettings | None = None,
    vary: Vary | None = None,
    on_epoch: Callable[[EpochDone], None] = lambda _: None,
) -> TrainedRewriter:
    """Learn to say the canonical question of a phrasing, by teacher forcing.

    Args:
        pairs: A question may stand as its own phrasing too.
        questions: Canonical questions as editors wrote them, one number each (an entry has one a language).
        encode: Texts → token states of the frozen encoder; called once.
        vocabulary: The encoder's.
        word_embeddings: (len(vocabulary), dim) float32, the encoder's; shared and frozen.
        vary: Phrasing → another that means the same (terms replaced by their aliases).

    Raises:
        TrainingImpossible: There are no pairs, or one names a question that there is not.
        TrainingDiverged: The loss became NaN or infinite.
    """
    settings = settings or RewriterSettings()
    if not pairs or not questions:
        raise TrainingImpossible(f"{len(pairs)} pairs and {len(questions)} questions; a rewriter needs one of each.")
    if foreign := [p.question for p in pairs if not 0 <= p.question < len(questions)]:
        raise TrainingImpossible(f"A pair names question {foreign[0]}, but there are {len(questions)}, from 0.")
    rng = np.random.default_rng(settings.seed)
    known, rows = read_questions(questions, vocabulary)
    states, variants = _encode(pairs, encode, vary, rng)
    shape = RewriterShape(states.dim, known.vocabulary_size, settings.num_units)
    mean, scale = _moments(states)
    start = initial_arrays(shape, word_embeddings[rows], mean, scale, seed=settings.seed)
    run = _Run(RewriterNetwork(shape, start), known, states, np.array([p.question for p in pairs]), settings)
    return run.train(variants, rng, on_epoch)


def _encode(
    pairs: Sequence[RewritingPair], encode: EncodeStates, vary: Vary | None, rng: np.random.Generator
) -> tuple[TokenStates, npt.NDArray[np.intp]]:
    """Encode phrasings and one variant of each; return the states, and each pair's variant's row."""
    texts = [p.phrasing for p in pairs]
    rows = np.arange(len(texts))
    for number, text in enumerate(texts.copy() if vary else ()):
        if vary and (variant := vary(text, rng)) != text:
            rows[number] = len(texts)
            texts.append(variant)
    states = encode(texts)
    return TokenStates(states.values.astype(np.float16), states.lengths), rows


def _moments(states: TokenStates) -> tuple[FloatArray, FloatArray]:
    """Return mean and deviation of each channel: (dim,) and (dim,)."""
    step = -(-len(states.values) // _TOKENS_FOR_MOMENTS)
    sample = states.values[::step].astype(np.float32)
    return sample.mean(axis=0), np.sqrt(sample.var(axis=0) + 1e-6)


def _hold_out(questions: npt.NDArray[np.intp], share: float, rng: np.random.Generator) -> npt.NDArray[np.bool_]:
    """Choose pairs to hold out, at most one of a question and only where two others stay."""
    held = np.zeros(len(questions), bool)
    left = np.bincount(questions)
    for row in rng.permutation(len(questions)):
        if held.sum() >= int(share * len(questions)):
            break
        if left[questions[row]] >= 3:
            held[row], left[questions[row]] = True, 0
    return held


class _Run:
    """One training."""

    def __init__(
        self,
        network: RewriterNetwork,
        questions: CanonicalQuestions,
        states: TokenStates,
        targets: npt.NDArray[np.intp],
        settings: RewriterSettings,
    ) -> None:
        self._network, self._questions, self._states = network, questions, states
        self._targets, self._settings = targets, settings
        self._dropout = tf.random.Generator.from_seed(settings.seed)
        self._inputs, self._said = tf.constant(questions.inputs), tf.constant(questions.targets)
        self._lengths = tf.constant(questions.lengths)
        self._variables = list(network.learned.values())
        steps = settings.epochs * -(-len(targets) // settings.batch_size)
        rate = keras.optimizers.schedules.CosineDecay(settings.learning_rate, steps)
        self._optimizer = keras.optimizers.Adam(rate, global_clipnorm=settings.clip_norm)
        self._optimizer.build(self._variables)
        dim = network.shape.dim
        signature = [tf.TensorSpec([None, None, dim]), tf.TensorSpec([None, None]), tf.TensorSpec([None], tf.int64)]
        self._step = tf.function(self._take_step, input_signature=signature)
        self._losses_of = tf.function(self._losses, input_signature=signature)

    def train(
        self, variants: npt.NDArray[np.intp], rng: np.random.Generator, on_epoch: Callable[[EpochDone], None]
    ) -> TrainedRewriter:
        held = _hold_out(self._targets, self._settings.held_out, rng)
        fitted, judged = np.flatnonzero(~held), np.flatnonzero(held)
        epochs: list[EpochDone] = []
        best, best_arrays = 0, self._network.arrays()
        for number in range(self._settings.epochs):
            losses = [self._do_step(rows, variants, rng) for rows in self._batches(fitted, rng)]
            judged_loss = self._judge(judged)
            epochs.append(EpochDone(number, float(np.mean(losses)), judged_loss))
            on_epoch(epochs[-1])
            # With nothing held out the last epoch is taken: its learning rate is the lowest.
            if not len(judged) or number == 0 or judged_loss < epochs[best].held_out_loss:
                best, best_arrays = number, self._network.arrays()
            elif number - best >= self._settings.patience:
                break
        return TrainedRewriter(self._questions, self._network.shape, best_arrays, tuple(epochs), best)

    def _batches(self, rows: npt.NDArray[np.intp], rng: np.random.Generator) -> Iterator[npt.NDArray[np.intp]]:
        """Deal pairs out in batches of like lengths, in any order."""
        shuffled = rng.permutation(rows)
        shuffled = shuffled[np.argsort(self._states.padded_lengths[shuffled], kind="stable")]
        size = self._settings.batch_size
        batches = [shuffled[at : at + size] for at in range(0, len(shuffled), size)]
        return (batches[i] for i in rng.permutation(len(batches)))

    def _do_step(self, rows: npt.NDArray[np.intp], variants: npt.NDArray[np.intp], rng: np.random.Generator) -> float:
        varied = rng.random(len(rows)) < self._settings.variant_share
        states, mask = self._states.padded(np.where(varied, variants[rows], rows))
        loss = float(self._step(states, mask, self._targets[rows]))
        if not np.isfinite(loss):
            raise TrainingDiverged(
                f"The rewriter's loss became {loss} at a learning rate of {self._settings.learning_rate}; "
                "train with a lower one. Nothing was written over."
            )
        return loss

    def _judge(self, rows: npt.NDArray[np.intp]) -> float:
        """Return the mean loss of held-out pairs, NaN without any."""
        losses = []
        for at in range(0, len(rows), self._settings.batch_size):
            batch = rows[at : at + self._settings.batch_size]
            losses.append(self._losses_of(*self._states.padded(batch), self._targets[batch]).numpy())
        return float(np.mean(np.concatenate(losses))) if losses else float("nan")

    def _take_step(self, states: tf.Tensor, mask: tf.Tensor, questions: tf.Tensor) -> tf.Tensor:
        with tf.GradientTape() as tape:
            loss = tf.reduce_mean(self._losses(states, mask, questions, training=True))
        self._optimizer.apply_gradients(zip(tape.gradient(loss, self._variables), self._variables, strict=True))
        return loss

    def _losses(self, states: tf.Tensor, mask: tf.Tensor, questions: tf.Tensor, training: bool = False) -> tf.Tensor:
        """Mean loss of a token for each pair: (batch,)."""
        lengths = tf.gather(self._lengths, questions)
        steps = tf.reduce_max(lengths)
        source = self._network.read(states, mask)
        said = self._network.embed(tf.gather(self._inputs, questions)[:, :steps])
        if training:
            source = self._drop_channels(source)
            said = self._drop(said, [tf.shape(said)[0], steps, 1])
        spoken = self._network.speak(self._network.remember(said), source)
        log_p = self._network.choose(self._drop(spoken, tf.shape(spoken)) if training else spoken)
        right = tf.gather(log_p, tf.gather(self._said, questions)[:, :steps], axis=2, batch_dims=2)
        smoothing = self._settings.label_smoothing if training else 0.0
        losses = -(1 - smoothing) * right - smoothing * tf.reduce_mean(log_p, axis=2)
        counted = tf.sequence_mask(lengths, steps, dtype=tf.float32)
        return tf.reduce_sum(losses * counted, axis=1) / tf.cast(lengths, tf.float32)

    def _drop_channels(self, source: Source) -> Source:
        """Drop a channel from all tokens of an utterance: single ones can be guessed from their neighbours."""
        batch = tf.shape(source.states)[0]
        dropped = self._drop(source.states, [batch, 1, self._network.shape.dim])
        return self._network.attendable(dropped, source.mask)

    def _drop(self, x: tf.Tensor, shape: tf.Tensor | list[tf.Tensor | int]) -> tf.Tensor:
        rate = self._settings.dropout
        kept = self._dropout.uniform(shape) >= rate
        return x * tf.cast(kept, x.dtype) / (1 - rate)
