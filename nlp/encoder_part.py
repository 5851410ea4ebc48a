"""One network that serves: texts to its vectors, in int8 on LiteRT (TensorFlow Lite)."""

import json
from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
import sentencepiece as spm
from ai_edge_litert.interpreter import Interpreter

from nlp.pretrained import FloatArray

MAX_TOKENS = 128
"""Longer questions are cut here; of 11,883 questions of the public sets none has more, 99.8 % have at most 64."""
LENGTH_BUCKETS = (8, 12, 16, 20, 24, 28, 32, 48, 64, 96, MAX_TOKENS)
"""Tokens that a batch is padded to."""
_BUCKETS = np.array(LENGTH_BUCKETS)
MAX_BATCH = 32
"""Sentences of one call of the network; larger batches gain nothing on two cores."""
NETWORK, WORDS, POSITIONS, STEPS, TOKENIZER, SETTINGS = (
    "network.tflite",
    "words.npy",
    "positions.npy",
    "steps.npy",
    "tokenizer.model",
    "encoder.json",
)
"""The files of a part (`nlp.export` writes them): a transformer has positions, words in 8 bits have their steps."""


class EncoderPart:
    """A loaded network with its tokenizer and its tables.

    Equal texts give equal vectors, bit for bit, whatever batch they come in: sentences are grouped by
    length bucket, and XNNPACK quantises each token's activations on their own
    (docs/decisions/0007-int8-serving.md). One thread at a time may call it.

    Attributes:
        dim: Of the vectors.
    """

    def __init__(self, folder: Path) -> None:
        settings = json.loads((folder / SETTINGS).read_text())
        self.dim = int(settings["dim"])
        self._prefixes = {False: str(settings["prefix"]), True: str(settings["passage_prefix"])}
        self._tokenizer = spm.SentencePieceProcessor(model_file=str(folder / TOKENIZER))
        # Mapped: of a large vocabulary only the words that occur are read, and processes share them.
        self._words = np.asarray(np.load(folder / WORDS, allow_pickle=False, mmap_mode="r"))
        self._positions = _load_if_there(folder / POSITIONS)
        self._steps = _load_if_there(folder / STEPS)
        # One thread: two cost more CPU time for the same latency (docs/decisions/0007-int8-serving.md).
        self._network = Interpreter(str(folder / NETWORK), num_threads=1)
        inputs = {len(detail["shape"]): detail["index"] for detail in self._network.get_input_details()}
        self._embedded, self._mask = inputs[3], inputs[2]
        self._output = self._network.get_output_details()[0]["index"]
        self._shape: tuple[int, ...] | None = None

    def tokenize(self, texts: Sequence[str], *, passages: bool = False) -> list[list[int]]:
        """Turn normalised texts into token ids, at most MAX_TOKENS each, the closing mark always kept."""
        prefix = self._prefixes[passages]
        # One by one: for a list sentencepiece starts a thread, which costs twenty times a question's own work.
        ids = [self._tokenizer.encode(prefix + text, add_bos=True, add_eos=True) for text in texts]
        return [each if len(each) <= MAX_TOKENS else [*each[: MAX_TOKENS - 1], each[-1]] for each in ids]

    def encode(self, texts: Sequence[str], *, passages: bool = False) -> FloatArray:
        """Encode normalised texts: (len(texts), dim) float32, L2-normalised, in the order of `texts`."""
        vectors = np.empty((len(texts), self.dim), np.float32)
        if not texts:
            return vectors
        ids = self.tokenize(texts, passages=passages)
        lengths = np.array([len(each) for each in ids])
        for rows, length in _batches(lengths):
            batch = np.zeros((len(rows), length), np.int32)
            for place, row in enumerate(rows):
                batch[place, : len(ids[row])] = ids[row]
            vectors[rows] = self._embed(batch, lengths[rows])
        return vectors

    def warm_up(self) -> None:
        """Run one sentence of every usual length, so that no customer pays for the first one."""
        for length in LENGTH_BUCKETS[:8]:
            self._embed(np.zeros((1, length), np.int32), np.array([length]))

    def _embed(self, token_ids: npt.NDArray[np.int32], lengths: npt.NDArray[np.int64]) -> FloatArray:
        """Turn padded token ids `(batch, length)` into vectors `(batch, dim)` float32."""
        network = self._network
        if token_ids.shape != self._shape:
            self._shape = None  # stays so if the interpreter refuses
            network.resize_tensor_input(self._embedded, (*token_ids.shape, self._words.shape[1]))
            network.resize_tensor_input(self._mask, token_ids.shape)
            network.allocate_tensors()
            self._shape = token_ids.shape
        network.set_tensor(self._embedded, self._looked_up(token_ids))
        network.set_tensor(self._mask, (np.arange(token_ids.shape[1]) < lengths[:, None]).astype(np.float32))
        network.invoke()
        vectors: FloatArray = network.get_tensor(self._output)
        return vectors

    def _looked_up(self, token_ids: npt.NDArray[np.int32]) -> FloatArray:
        """Return the tokens' vectors `(batch, length, word_dim)` float32."""
        embedded: FloatArray = self._words[token_ids].astype(np.float32)
        if self._steps is not None:
            scale, lowest = self._steps
            block = token_ids % len(scale)
            embedded = embedded * scale[block, None] + lowest[block, None]
        if self._positions is not None:
            embedded += self._positions[: token_ids.shape[1]]
        return embedded


def _load_if_there(path: Path) -> FloatArray | None:
    return np.load(path, allow_pickle=False) if path.exists() else None


def _batches(lengths: npt.NDArray[np.int64]) -> Iterable[tuple[npt.NDArray[np.intp], int]]:
    """Group row numbers by length bucket, at most MAX_BATCH together."""
    buckets = _BUCKETS[_BUCKETS.searchsorted(lengths)]
    if len(buckets) == 1:  # the usual case of a quiet service
        yield np.zeros(1, np.intp), int(buckets[0])
        return
    for bucket in np.unique(buckets):
        rows = np.flatnonzero(buckets == bucket)
        for start in range(0, len(rows), MAX_BATCH):
            yield rows[start : start + MAX_BATCH], int(bucket)
