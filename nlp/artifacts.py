"""The model directory: an exported encoder under a manifest, written at once or not at all."""

import json
import shutil
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from importlib import metadata
from pathlib import Path

import numpy as np

from nlp.exceptions import ModelDamaged, ModelForeign, ModelNotFound
from nlp.hashing import fingerprint, sha256_of
from nlp.pretrained import FloatArray, PretrainedWeights
from nlp.vocabulary import choose_pieces, general_words, trim

FORMAT = 2
"""Version of the directory's layout; raised when an older program could not read it."""
MANIFEST = "manifest.json"
ENCODER = "encoder"
CANARIES = "canaries.json"
CANARY_TEXTS = (
    "空调不制冷怎么办?",
    "why is there no cold air?",
    "外机不转, e1",
    "split 开了半天 no cold air",
    "3.5 kw",
)
CANARY_COSINE = 0.999
"""Least cosine between a canary's stored vector and the loaded encoder's: other processors round int8 otherwise."""
_PACKAGES = ("tensorflow", "ai-edge-litert", "keras", "keras-hub", "sentencepiece", "numpy")


@dataclass(frozen=True)
class ModelDirectory:
    """A verified model directory.

    Attributes:
        fingerprint: Names the encoder; vectors of different fingerprints must not meet.
        is_trained: Whether it was trained on an installation's knowledge.
    """

    folder: Path
    fingerprint: str
    dim: int
    source: str
    is_trained: bool = False

    @property
    def encoder_folder(self) -> Path:
        """Where the exported encoder lies."""
        return self.folder / ENCODER


def prepare_model(
    root: Path,
    weights: PretrainedWeights,
    *,
    texts: Iterable[str],
    terms: Sequence[str],
    training: Mapping[str, object] | None = None,
) -> ModelDirectory:
    """Trim pretrained weights to a domain and write them as a model directory below `root`.

    The same weights, texts and terms give the same fingerprint; what exists already is verified
    and kept.

    Args:
        texts: The domain's texts, for the vocabulary.
        terms: Normalised jargon that gets tokens of its own.
        training: What the manifest says of how the weights were trained; plain JSON.
    """
    kept = choose_pieces(weights, texts, general_words())
    pieces = [(weights.pieces[i], float(weights.scores[i])) for i in kept]
    name = fingerprint(
        [
            *(FORMAT, weights.sha256, weights.prefix, weights.passage_prefix, asdict(weights.architecture)),
            *(kept, pieces, list(terms)),
        ]
    )
    folder = root / name
    if folder.exists():
        try:
            return open_model(folder)
        except (ModelDamaged, ModelForeign, ModelNotFound):
            shutil.rmtree(folder)
    root.mkdir(parents=True, exist_ok=True)
    building = Path(tempfile.mkdtemp(prefix=f".{name}-", dir=root))
    try:
        _write(building, name, weights, kept, terms, training)
        _move(building, folder)
    finally:
        shutil.rmtree(building, ignore_errors=True)
    return open_model(folder)


def _move(building: Path, folder: Path) -> None:
    try:
        building.replace(folder)
    except OSError:
        if not folder.exists():
            raise
        # Another process prepared the same model meanwhile; its directory is as good.


def _write(
    folder: Path,
    name: str,
    weights: PretrainedWeights,
    kept: Sequence[int],
    terms: Sequence[str],
    training: Mapping[str, object] | None,
) -> None:
    from nlp.encoder import SentenceEncoder
    from nlp.exporting import export_encoder  # TensorFlow: seconds to import

    vocabulary, table = trim(weights, kept, terms)
    export_encoder(folder / ENCODER, weights, vocabulary, table)
    vectors = SentenceEncoder(folder / ENCODER).encode(CANARY_TEXTS)
    canaries = [{"text": t, "vector": v.tolist()} for t, v in zip(CANARY_TEXTS, vectors, strict=True)]
    (folder / CANARIES).write_text(json.dumps(canaries, ensure_ascii=False))
    manifest = {
        "format": FORMAT,
        "fingerprint": name,
        "created_at": datetime.now(UTC).isoformat(timespec="seconds"),
        "source": weights.source,
        "source_sha256": weights.sha256,
        "architecture": asdict(weights.architecture),
        "dim": weights.architecture.hidden_dim,
        "num_pieces": len(vocabulary),
        "num_terms": vocabulary.num_terms,
        "training": training,
        "packages": {package: metadata.version(package) for package in _PACKAGES},
        "files": {path: _describe(folder / path) for path in _files(folder)},
    }
    # The manifest vouches for the files, its own checksum for the manifest.
    (folder / MANIFEST).write_text(json.dumps(manifest | {"checksum": fingerprint(manifest)}, indent=2))


def _files(folder: Path) -> Iterator[str]:
    for path in sorted(folder.rglob("*")):
        if path.is_file() and path.name != MANIFEST:
            yield path.relative_to(folder).as_posix()


def _describe(path: Path) -> dict[str, int | str]:
    return {"bytes": path.stat().st_size, "sha256": sha256_of(path)}


def open_model(folder: Path) -> ModelDirectory:
    """Verify a model directory: every file is there, none is added, each hashes to its manifest.

    Raises:
        ModelNotFound: There is no such directory, or it has no manifest.
        ModelForeign: The manifest is of another format.
        ModelDamaged: A file is missing, was added, or was changed.
    """
    path = folder / MANIFEST
    if not path.is_file():
        raise ModelNotFound(f"{folder} holds no {MANIFEST}. Run `manage.py prepare_model`.")
    try:
        manifest = json.loads(path.read_text())
    except (ValueError, RecursionError) as error:
        raise ModelDamaged(
            f"{path} is not JSON ({error}). Delete {folder} and run `manage.py prepare_model`."
        ) from error
    if not isinstance(manifest, dict) or manifest.get("format") != FORMAT:
        found = manifest.get("format") if isinstance(manifest, dict) else None
        raise ModelForeign(f"{folder} has format {found}, expected {FORMAT}. Run `manage.py prepare_model`.")
    if manifest.pop("checksum", None) != fingerprint(manifest):
        raise ModelDamaged(f"{path} was changed after it was written. Run `manage.py prepare_model`.")
    listed, there = dict(manifest["files"]), set(_files(folder))
    if missing := sorted(set(listed) ^ there):
        raise ModelDamaged(
            f"{folder}: missing or added files: {', '.join(missing[:5])}. Run `manage.py prepare_model`."
        )
    for name, expected in listed.items():
        if _describe(folder / name) != expected:
            raise ModelDamaged(f"{folder}: {name} is not what the manifest says. Run `manage.py prepare_model`.")
    is_trained = manifest["training"] is not None
    return ModelDirectory(folder, manifest["fingerprint"], int(manifest["dim"]), manifest["source"], is_trained)


def check_canaries(folder: Path, encode: Callable[[Sequence[str]], FloatArray]) -> None:
    """Make sure that a loaded encoder still gives the vectors it gave when it was exported.

    Raises:
        ModelDamaged: A canary's vector turned by more than CANARY_COSINE allows.
    """
    canaries = json.loads((folder / CANARIES).read_text())
    vectors = encode([c["text"] for c in canaries])
    for canary, vector in zip(canaries, vectors, strict=True):
        cosine = float(np.dot(np.asarray(canary["vector"], np.float32), vector))
        if not cosine >= CANARY_COSINE:
            raise ModelDamaged(
                f"{folder}: the encoder answers a canary with cosine {cosine:.5f}, expected ≥ {CANARY_COSINE}."
            )
