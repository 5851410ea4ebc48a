"""The model directory: an exported encoder under a manifest, written at once or not at all."""

import hmac
import json
import platform
import shutil
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from importlib import metadata
from pathlib import Path

import numpy as np

from nlp.encoder import COMPANION, COMPANION_SHARE, TRANSFORMER, SentenceEncoder, write_means
from nlp.exceptions import ModelDamaged, ModelForeign, ModelNotFound
from nlp.hashing import fingerprint, sha256_of, signature_of
from nlp.pretrained import FloatArray, PretrainedWeights
from nlp.text import normalise
from nlp.universal import UniversalWeights
from nlp.vocabulary import choose_pieces, general_words, trim

FORMAT = 3
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
NUM_CENTRING = 1_024
"""Most texts of the domain on whose mean the vectors of an encoder with a companion are centred."""
CANARY_COSINE = 0.999
"""Least cosine between a canary's stored vector and the loaded encoder's: other processors round int8 otherwise."""
_PACKAGES = (
    *("tensorflow", "tensorflow-text", "ai-edge-litert", "keras", "keras-hub", "sentencepiece"),
    *("faiss-cpu", "scikit-learn", "scipy", "numpy"),
)


@dataclass(frozen=True)
class ModelDirectory:
    """A verified model directory.

    Attributes:
        fingerprint: Names the encoder; vectors of different fingerprints must not meet.
        is_trained: Whether it was trained on an installation's knowledge.
        snapshot: The dataset that it was trained on, where the record of its training names one.
    """

    folder: Path
    fingerprint: str
    dim: int
    source: str
    is_trained: bool = False
    snapshot: str = ""

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
    companion: UniversalWeights | None = None,
    signing_key: str = "",
) -> ModelDirectory:
    """Trim pretrained weights to a domain and write them as a model directory below `root`.

    The same weights, texts and terms give the same fingerprint; what exists already is verified
    and kept.

    Args:
        texts: The domain's texts, for the vocabulary.
        terms: Normalised jargon that gets tokens of its own.
        training: What the manifest says of how the weights were trained; plain JSON.
        companion: A second encoder that serves beside the first (`nlp.encoder`).
        signing_key: Signs the manifest, as `open_model` checks it; empty for no signature.

    Raises:
        OSError: It could not be written; nothing of it stays.
    """
    listed = list(texts)
    kept = choose_pieces(weights, listed, general_words())
    recipe = _Recipe(weights, kept, tuple(terms), training, companion, _sample(listed) if companion else ())
    folder = root / recipe.fingerprint
    if folder.exists():
        try:
            return open_model(folder, signing_key=signing_key)
        except (ModelDamaged, ModelForeign, ModelNotFound):
            shutil.rmtree(folder)
    root.mkdir(parents=True, exist_ok=True)
    building = Path(tempfile.mkdtemp(prefix=f".{folder.name}-", dir=root))
    try:
        _write(building, recipe, signing_key)
        _move(building, folder)
    finally:
        shutil.rmtree(building, ignore_errors=True)
    return open_model(folder, signing_key=signing_key)


@dataclass(frozen=True)
class _Recipe:
    """What a model directory is made of.

    Attributes:
        kept: Ids of the pieces that the vocabulary keeps.
        sample: Texts of the domain on whose mean the vectors are centred; none without a companion.
    """

    weights: PretrainedWeights
    kept: Sequence[int]
    terms: tuple[str, ...]
    training: Mapping[str, object] | None
    companion: UniversalWeights | None
    sample: tuple[str, ...]

    @property
    def fingerprint(self) -> str:
        weights = self.weights
        pieces = [(weights.pieces[i], float(weights.scores[i])) for i in self.kept]
        beside = [self.companion.sha256, COMPANION_SHARE, self.sample] if self.companion else []
        return fingerprint(
            [
                *(FORMAT, weights.sha256, weights.prefix, weights.passage_prefix, asdict(weights.architecture)),
                *(self.kept, pieces, self.terms, *beside),
            ]
        )


def _sample(texts: Iterable[str]) -> tuple[str, ...]:
    """Choose texts, evenly spread over all different ones in order, the same every time."""
    unique = sorted({normalise(text) for text in texts} - {""})
    return tuple(unique[:: -(-len(unique) // NUM_CENTRING)] if unique else ())


def _move(building: Path, folder: Path) -> None:
    try:
        building.replace(folder)
    except OSError:
        if not folder.exists():
            raise
        # Another process prepared the same model meanwhile; its directory is as good.


def _write(folder: Path, recipe: _Recipe, signing_key: str) -> None:
    from nlp.export.transformer import export_transformer  # TensorFlow: seconds to import
    from nlp.export.universal import export_universal

    weights, companion = recipe.weights, recipe.companion
    vocabulary, table = trim(weights, recipe.kept, recipe.terms)
    export_transformer(folder / ENCODER / TRANSFORMER, weights, vocabulary, table)
    if companion is not None:
        export_universal(folder / ENCODER / COMPANION, companion)
        write_means(folder / ENCODER, recipe.sample)
    encoder = SentenceEncoder(folder / ENCODER)
    vectors = encoder.encode(CANARY_TEXTS)
    canaries = [{"text": t, "vector": v.tolist()} for t, v in zip(CANARY_TEXTS, vectors, strict=True)]
    (folder / CANARIES).write_text(json.dumps(canaries, ensure_ascii=False))
    manifest = {
        "format": FORMAT,
        "fingerprint": recipe.fingerprint,
        "created_at": datetime.now(UTC).isoformat(timespec="seconds"),
        "source": weights.source,
        "source_sha256": weights.sha256,
        "architecture": asdict(weights.architecture),
        "companion_sha256": companion.sha256 if companion else None,
        "dim": encoder.dim,
        "num_pieces": len(vocabulary),
        "num_terms": vocabulary.num_terms,
        "training": recipe.training,
        "python": platform.python_version(),
        "packages": {package: metadata.version(package) for package in _PACKAGES},
        "files": {path: _describe(folder / path) for path in _files(folder)},
    }
    _write_manifest(folder, manifest, signing_key)


def _write_manifest(folder: Path, manifest: Mapping[str, object], signing_key: str) -> None:
    # The manifest vouches for the files; its checksum, and its signature where there is a key, for the manifest.
    vouched = {**manifest, "checksum": fingerprint(manifest)}
    if signing_key:
        vouched["signature"] = signature_of(manifest, signing_key)
    (folder / MANIFEST).write_text(json.dumps(vouched, indent=2))


def sign_model(folder: Path, *, signing_key: str) -> ModelDirectory:
    """Sign a model directory that is sound, whoever wrote it: whoever calls this trusts it.

    Raises:
        ModelNotFound, ModelForeign, ModelDamaged: As `open_model` without a key.
    """
    model = open_model(folder)
    manifest = json.loads((folder / MANIFEST).read_text())
    kept = {name: value for name, value in manifest.items() if name not in {"checksum", "signature"}}
    _write_manifest(folder, kept, signing_key)
    return model


def _files(folder: Path) -> Iterator[str]:
    for path in sorted(folder.rglob("*")):
        if path.is_file() and path.name != MANIFEST:
            yield path.relative_to(folder).as_posix()


def _describe(path: Path) -> dict[str, int | str]:
    return {"bytes": path.stat().st_size, "sha256": sha256_of(path)}


def open_model(folder: Path, *, signing_key: str = "") -> ModelDirectory:
    """Verify a model directory: every file is there, none is added, each hashes to its manifest.

    Args:
        folder: The directory.
        signing_key: Whose signature the manifest must carry; empty where none is asked for.

    Raises:
        ModelNotFound: There is no such directory, or it has no manifest.
        ModelForeign: The manifest is of another format, or not signed with the key.
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
    checksum, signature = manifest.pop("checksum", None), manifest.pop("signature", None)
    if checksum != fingerprint(manifest):
        raise ModelDamaged(f"{path} was changed after it was written. Run `manage.py prepare_model`.")
    _check_signature(folder, manifest, signature, signing_key)
    listed, there = dict(manifest["files"]), set(_files(folder))
    if missing := sorted(set(listed) ^ there):
        raise ModelDamaged(
            f"{folder}: missing or added files: {', '.join(missing[:5])}. Run `manage.py prepare_model`."
        )
    for name, expected in listed.items():
        if _describe(folder / name) != expected:
            raise ModelDamaged(f"{folder}: {name} is not what the manifest says. Run `manage.py prepare_model`.")
    training = manifest["training"]
    return ModelDirectory(
        folder,
        manifest["fingerprint"],
        int(manifest["dim"]),
        manifest["source"],
        is_trained=training is not None,
        snapshot=str((training or {}).get("snapshot", "")),
    )


def _check_signature(folder: Path, manifest: Mapping[str, object], signature: object, signing_key: str) -> None:
    if not signing_key:
        return
    if not isinstance(signature, str):
        found = "is not signed"
    elif not hmac.compare_digest(signature.encode(), signature_of(manifest, signing_key).encode()):
        found = "is signed with another key"
    else:
        return
    raise ModelForeign(
        f"{folder} {found}, expected the signature of MODEL_SIGNING_KEY. Run `manage.py prepare_model`, or, if you "
        f"know where it comes from, `manage.py sign_model {folder.name}`."
    )


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
