import json
import shutil
from operator import attrgetter

import numpy as np
import pytest

from retrieval.exceptions import SnapshotDamaged, SnapshotForeign, SnapshotMissing
from retrieval.index import VectorIndex
from retrieval.lexical import LexicalAnalyzer
from retrieval.manifest import MANIFEST, FileRecord, Manifest
from retrieval.partition import Partition
from retrieval.storage import Canary, load_partition, save_partition
from tests.retrieval.factories import DIM, make_analyzer, make_document, make_entry, make_partition, vectors_of

pytestmark = pytest.mark.unit

FILES = ["index.faiss", "documents.jsonl", "centring.npy", "canaries.npy", "classes.npz", MANIFEST]
CANARIES = [Canary(f"topic{i}", vectors_of([make_document(i, 50)])[0]) for i in (3, 9)]


def load(folder, fingerprint="e5", **options):
    return load_partition(folder, fingerprint=fingerprint, analyzer=make_analyzer(), **options)


@pytest.fixture
def folder(tmp_path):
    save_partition(tmp_path / "kb-1", make_partition(), fingerprint="e5", canaries=CANARIES)
    return tmp_path / "kb-1"


def test_loaded_partition_answers_as_the_saved_one(folder):
    original, loaded = make_partition(), load(folder)
    assert loaded.documents == original.documents
    np.testing.assert_array_equal(loaded.vectors(), original.vectors())
    for canary in CANARIES:
        assert loaded.search(canary.text, canary.vector) == original.search(canary.text, canary.vector)


def test_manifest_says_what_is_there(tmp_path):
    manifest = save_partition(tmp_path / "kb", make_partition(4), fingerprint="e5", canaries=CANARIES[:1])
    assert (manifest.encoder, manifest.dim, manifest.count) == ("e5", DIM, 12)
    assert sorted(record.name for record in manifest.files) == sorted(FILES[:-1])
    assert [canary.entry_id for canary in manifest.canaries] == [3]
    assert sorted(path.name for path in (tmp_path / "kb").iterdir()) == sorted(FILES)


def test_edited_partition_is_saved_compacted(tmp_path):
    edited = make_entry(50)
    partition = make_partition().replace_entries([50, 3], edited, vectors_of(edited))
    save_partition(tmp_path / "kb", partition, fingerprint="e5")
    loaded = load(tmp_path / "kb")
    assert loaded.documents == partition.documents
    assert (loaded.delta_size, loaded.num_tombstones) == (0, 0)


def test_topics_to_decline_are_saved_and_loaded(tmp_path):
    declined = make_entry(50, is_out_of_scope=True)
    partition = make_partition().replace_entries([50], declined, vectors_of(declined)).compacted()
    near = Canary("topic50", vectors_of([make_document(50, 50)])[0])
    save_partition(tmp_path / "kb", partition, fingerprint="e5", canaries=[near])
    loaded = load(tmp_path / "kb")
    assert loaded.documents == partition.documents
    assert [d.phrasing_id for d in loaded.documents if d.is_out_of_scope] == [5000, 5001, 5002]
    assert loaded.search(near.text, near.vector) == partition.search(near.text, near.vector)


def test_empty_partition_is_saved_and_loaded(tmp_path):
    empty = Partition.build([], np.zeros((0, DIM), np.float32), make_analyzer())
    save_partition(tmp_path / "kb", empty, fingerprint="e5", canaries=CANARIES)
    assert load(tmp_path / "kb").documents == ()


def test_saving_again_replaces_the_snapshot_and_leaves_nothing_beside_it(folder):
    save_partition(folder, make_partition(2), fingerprint="e5")
    assert len(load(folder).documents) == 6
    assert [path.name for path in folder.parent.iterdir()] == ["kb-1"]


def test_failed_saving_leaves_the_old_snapshot(folder):
    wrong = Canary("topic1", np.zeros(DIM + 1, np.float32))
    with pytest.raises(ValueError, match="reshape"):
        save_partition(folder, make_partition(2), fingerprint="e5", canaries=[wrong])
    assert len(load(folder).documents) == 90
    assert [path.name for path in folder.parent.iterdir()] == ["kb-1"]


def test_missing_snapshot(tmp_path):
    with pytest.raises(SnapshotMissing, match="build the index"):
        load(tmp_path / "nowhere")


@pytest.mark.faults
@pytest.mark.parametrize("name", FILES)
@pytest.mark.parametrize("at", [0.0, 0.3, 0.6, 0.999])
def test_flipped_byte_is_refused(folder, name, at):
    raw = bytearray((folder / name).read_bytes())
    raw[int(len(raw) * at)] ^= 0x04
    (folder / name).write_bytes(raw)
    with pytest.raises((SnapshotDamaged, SnapshotForeign)):
        load(folder)


@pytest.mark.faults
@pytest.mark.parametrize("name", FILES)
@pytest.mark.parametrize("change", [lambda raw: raw[:-1], lambda raw: raw + b"\0", lambda raw: b""])
def test_truncated_or_appended_file_is_refused(folder, name, change):
    (folder / name).write_bytes(change((folder / name).read_bytes()))
    with pytest.raises(SnapshotDamaged, match="build the index again"):
        load(folder)


@pytest.mark.faults
@pytest.mark.parametrize("name", FILES)
def test_missing_file_is_refused(folder, name):
    (folder / name).unlink()
    with pytest.raises(SnapshotMissing if name == MANIFEST else SnapshotDamaged):
        load(folder)


def test_file_of_another_snapshot_is_refused(folder, tmp_path):
    save_partition(tmp_path / "other", make_partition(20), fingerprint="e5")
    shutil.copy(tmp_path / "other" / "index.faiss", folder / "index.faiss")
    with pytest.raises(SnapshotDamaged, match=r"index\.faiss"):
        load(folder)


def test_other_encoder_is_refused_with_both_names(folder):
    with pytest.raises(SnapshotForeign, match=r"encoder e5 .* bge"):
        load(folder, fingerprint="bge")


def test_other_dimension_is_refused(folder):
    assert load(folder, dim=DIM).dim == DIM
    with pytest.raises(SnapshotForeign, match=f"{DIM + 1} was expected"):
        load(folder, dim=DIM + 1)


@pytest.mark.parametrize("version", [0, 1, 2, 4, "3", None])
def test_unknown_format_is_refused(folder, version):
    signed = json.loads((folder / MANIFEST).read_text())
    (folder / MANIFEST).write_text(json.dumps({**signed, "format": version}))
    with pytest.raises(SnapshotForeign, match="3 was expected"):
        load(folder)


@pytest.mark.parametrize(
    "text", ["", "[]", "null", "{}", '{"format": 3}', '{"format": 3, "snapshot": {}}', "[" * 10**5]
)
def test_manifest_that_is_none_is_refused(folder, text):
    (folder / MANIFEST).write_text(text)
    with pytest.raises(SnapshotDamaged, match="not the manifest"):
        load(folder)


def resign(folder, **changes):
    """Sign a snapshot anew, as a program with a fault would that writes wrong files with right sums."""
    content = json.loads((folder / MANIFEST).read_text())["snapshot"]
    files = tuple(FileRecord.of(folder / record["name"]) for record in content["files"])
    (folder / MANIFEST).write_text(Manifest(**{**content, "files": files, **changes}).to_json())


def class_scores(partition, text="topic3"):
    classes = partition.snapshot.classes
    vector = CANARIES[0].vector
    posteriors = classes.posteriors(vector[None])[0]
    return classes.of_vector(vector), classes.of_text(text, partition.analyzer.tokens(text)), posteriors


def test_class_scores_are_loaded_as_they_were_fitted(folder):
    fitted, loaded = make_partition(), load(folder)
    for name in ("rows", "dense", "textual", "logistic.basis", "logistic.weights"):
        expected, found = (attrgetter(name)(each.snapshot.classes.coefficients) for each in (fitted, loaded))
        np.testing.assert_array_equal(found, expected)
    for expected, found in zip(class_scores(fitted), class_scores(loaded), strict=True):
        np.testing.assert_array_equal(found, expected)


def mark_coefficients(folder, **changes):
    """Write other class scores under right sums, so that it shows whether they were used."""
    with np.load(folder / "classes.npz") as file:
        arrays = {name: file[name] for name in file.files}
    np.savez(folder / "classes.npz", **{**arrays, **{name: change(arrays[name]) for name, change in changes.items()}})
    resign(folder, canaries=())
    np.save(folder / "canaries.npy", np.zeros((0, DIM), np.float32))
    resign(folder)


def test_class_scores_are_not_fitted_again_under_the_same_lexicon(folder):
    mark_coefficients(folder, dense=lambda dense: dense * 2)
    np.testing.assert_allclose(class_scores(load(folder))[0], class_scores(make_partition())[0] * 2, rtol=1e-5)


def test_class_scores_are_fitted_again_under_another_lexicon(folder):
    mark_coefficients(
        folder,
        dense=lambda dense: dense * 2,
        textual=lambda textual: textual * 2,
        weights=lambda weights: weights[:, ::-1],
    )
    analyzer = LexicalAnalyzer({"topic3": "新术语", "新术语": "新术语"})
    loaded = load_partition(folder, fingerprint="e5", analyzer=analyzer)
    documents = loaded.documents
    fresh = Partition.build(documents, vectors_of(documents), analyzer)
    for expected, found in zip(class_scores(fresh), class_scores(loaded), strict=True):
        np.testing.assert_allclose(found, expected, atol=1e-4)
    assert class_scores(loaded, "新术语")[1].argmax() == 2
    assert class_scores(load(folder), "新术语")[1].max() == 0


@pytest.mark.parametrize("name", ["dense", "weights"])
def test_class_scores_of_another_number_of_entries_are_fitted_again(folder, name):
    mark_coefficients(folder, **{name: lambda coefficients: coefficients[:, :-1]})
    for expected, found in zip(class_scores(make_partition()), class_scores(load(folder)), strict=True):
        np.testing.assert_allclose(found, expected, atol=1e-4)


def test_class_scores_that_answer_a_canary_differently_are_refused(folder):
    with np.load(folder / "classes.npz") as file:
        arrays = {name: file[name] for name in file.files}
    np.savez(folder / "classes.npz", **{**arrays, "dense": arrays["dense"][:, ::-1]})
    resign(folder)
    with pytest.raises(SnapshotDamaged, match="canary 0"):
        load(folder)


def test_answers_stay_answers(tmp_path):
    documents = [make_document(1, text="空调漏水", is_answer=True), make_document(2, product_ids=(3, 4))]
    partition = Partition.build(documents, vectors_of(documents), make_analyzer())
    save_partition(tmp_path / "kb", partition, fingerprint="e5")
    assert load(tmp_path / "kb").documents == tuple(documents)


def test_counts_that_differ_are_refused(folder):
    save_partition(folder, make_partition(), fingerprint="e5")
    resign(folder, count=89, canaries=())
    with pytest.raises(SnapshotDamaged, match="89"):
        load(folder)


def test_index_that_answers_a_canary_differently_is_refused(folder):
    import faiss

    shuffled = VectorIndex.build(load(folder).snapshot.index.vectors()[::-1].copy())
    faiss.write_index(shuffled.faiss_index, str(folder / "index.faiss"))
    content = json.loads((folder / MANIFEST).read_text())["snapshot"]
    resign(folder, canaries=tuple(content["canaries"]))
    with pytest.raises(SnapshotDamaged, match="canary 0"):
        load(folder)


def test_snapshot_is_loaded_under_another_lexicon(folder):
    analyzer = LexicalAnalyzer({"topic3": "新术语"})
    partition = load_partition(folder, fingerprint="e5", analyzer=analyzer)
    assert partition.search("新术语", CANARIES[0].vector)[0].shared_terms == 0
    assert partition.search("topic3", CANARIES[0].vector)[0].shared_terms == 1
