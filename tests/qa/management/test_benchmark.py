"""`manage.py benchmark`: what is printed and written, and what is refused before anything is measured."""

import io
import json
from collections.abc import Mapping
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from pytest_django import Settings

from qa.services import learning
from tests.nlp.small_training import tiny_start

KB = {"leak": ("water leak", "my water leak", "it leaks water"), "noise": ("loud noise", "a loud noise", "noise again")}
TEST = {"leak": ("a water leak",), "noise": ("so loud a noise",), "__oos__": ("who won the match",)}


def write(path: Path, rows: Mapping[str, tuple[str, ...]]) -> Path:
    lines = [f"{label}\t{text}\n" for label, texts in rows.items() for text in texts]
    path.write_text("label\ttext\n" + "".join(lines), encoding="utf-8")
    return path


@pytest.fixture(autouse=True)
def tiny_weights(monkeypatch: pytest.MonkeyPatch, settings: Settings, tmp_path: Path) -> None:
    weights = tiny_start()
    monkeypatch.setattr(learning, "read_weights", lambda: weights)
    monkeypatch.setattr(learning, "read_companion", lambda: None)
    settings.VAR_DIR = tmp_path / "var"


def run(tmp_path: Path, *arguments: object, kb: Mapping[str, tuple[str, ...]] = KB) -> str:
    out = io.StringIO()
    files = ("--kb", write(tmp_path / "kb.tsv", kb), "--test", write(tmp_path / "test.tsv", TEST))
    call_command("benchmark", *map(str, (*files, "--no-train", *arguments)), stdout=out, stderr=io.StringIO())
    return out.getvalue()


def test_table_and_report(tmp_path: Path) -> None:
    report = tmp_path / "new folder" / "report.json"
    lines = run(tmp_path, "--out", report).splitlines()
    assert [line.split()[0] for line in lines[1:-1]] == ["hangjia", "bm25", "tfidf", "svm", "encoder", "stack"]
    assert lines[-1].startswith("3 questions (1 out of scope); top-1 95 % interval ")
    assert json.loads(report.read_text())["n_oos"] == 1


def test_json_alone(tmp_path: Path) -> None:
    assert json.loads(run(tmp_path, "--json"))["n"] == 3


def test_one_entry_is_ranked_by_all_that_do_not_classify(tmp_path: Path) -> None:
    lines = run(tmp_path, kb={"leak": KB["leak"]}).splitlines()
    table = {line.split()[0]: line.split()[1:] for line in lines[1:-1]}
    assert table["svm"] == table["stack"] == ["–"] * 5
    assert table["bm25"][0] != "–"


def test_report_that_could_not_be_written_is_refused_first(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(CommandError, match="its folder can't be made"):
        run(tmp_path, "--out", tmp_path / "file" / "report.json")
    with pytest.raises(CommandError, match="is no file that can be written"):
        run(tmp_path, "--out", tmp_path)
    assert not (tmp_path / "var").exists()
