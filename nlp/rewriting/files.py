"""A rewriter on disk: a description in JSON and weights, inside a model directory."""

import json
from dataclasses import asdict
from pathlib import Path

from safetensors import SafetensorError
from safetensors.numpy import load_file, save_file

from nlp.exceptions import ModelDamaged, ModelForeign, ModelNotFound
from nlp.pretrained import FloatArray
from nlp.rewriting.canonical import END, CanonicalQuestions
from nlp.rewriting.network import RewriterShape

FORMAT = 1
DESCRIPTION = "rewriter.json"
WEIGHTS = "rewriter.safetensors"


def save_rewriter(
    folder: Path, questions: CanonicalQuestions, shape: RewriterShape, arrays: dict[str, FloatArray]
) -> None:
    """Write a rewriter into a folder of a model directory, before its manifest is made."""
    folder.mkdir(parents=True, exist_ok=True)
    save_file(arrays, folder / WEIGHTS)
    description = {
        "format": FORMAT,
        "shape": asdict(shape),
        "questions": questions.texts,
        "pieces": questions.pieces,
        "sequences": questions.sequences,
    }
    (folder / DESCRIPTION).write_text(json.dumps(description, ensure_ascii=False))


def load_rewriter(folder: Path) -> tuple[CanonicalQuestions, RewriterShape, dict[str, FloatArray]]:
    """Read what `save_rewriter` wrote; the model directory's manifest vouches for the bytes.

    Raises:
        ModelNotFound: A file is missing.
        ModelForeign: It is of another format.
        ModelDamaged: A file can't be read, or description and weights do not fit each other.
    """
    for name in (DESCRIPTION, WEIGHTS):
        if not (folder / name).is_file():
            raise ModelNotFound(f"{folder} holds no {name}. Train it again.")
    try:
        description = json.loads((folder / DESCRIPTION).read_text())
        if description["format"] != FORMAT:
            raise ModelForeign(f"{folder} has format {description['format']}, expected {FORMAT}. Train it again.")
        shape = RewriterShape(**description["shape"])
        sequences = tuple(tuple(s) for s in description["sequences"])
        questions = CanonicalQuestions(tuple(description["questions"]), tuple(description["pieces"]), sequences)
        arrays = load_file(folder / WEIGHTS)
        _check(folder, questions, shape, arrays)
    except (KeyError, TypeError, ValueError, RecursionError, SafetensorError) as error:
        raise ModelDamaged(f"{folder} can't be read as a rewriter ({error!r}). Train it again.") from error
    return questions, shape, arrays


def _check(folder: Path, questions: CanonicalQuestions, shape: RewriterShape, arrays: dict[str, FloatArray]) -> None:
    expected = shape.variables() | shape.constants()
    found = {name: tuple(array.shape) for name, array in arrays.items()}
    ids = [i for sequence in questions.sequences for i in sequence]
    if found != expected or questions.vocabulary_size != shape.vocabulary_size:
        raise ModelDamaged(f"{folder}: the weights are not of the shape that {DESCRIPTION} says. Train it again.")
    if not questions.texts or len(questions.texts) != len(questions.sequences):
        raise ModelDamaged(f"{folder}: {len(questions.texts)} questions, {len(questions.sequences)} sequences.")
    if any(not END < i < shape.vocabulary_size for i in ids):
        raise ModelDamaged(f"{folder}: a question has a token beyond the {shape.vocabulary_size} that there are.")
