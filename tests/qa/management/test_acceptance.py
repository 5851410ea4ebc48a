"""`manage.py evaluate --acceptance` and `verify_report`: what a customer's boss gets, and what a forgery looks like."""

import hashlib
import io
import json
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat
from django.core.management import CommandError, call_command

from nlp.comparing import settles
from qa.models import KnowledgeBase, Release

pytestmark = pytest.mark.django_db

ROWS = (
    ("noise", "外机半夜嗡嗡响个不停"),
    ("noise", "室外机嗡嗡响"),  # a phrasing, word for word
    ("water-leak", "My AC leaks water on the floor!"),  # the same, but for what normalising takes away
    ("water-leak", "my indoor unit keeps dripping"),
    ("code-e4", "屏幕显示E4"),
    ("wifi", "app 连不上 wifi"),
    ("__oos__", "who won the match yesterday"),
    ("__oos__", "<b>附近</b>有什么好吃的"),
)
ORIGIN = ("--written-by", "two agents", "--drawn", "every 50th chat of May")


@pytest.fixture
def questions(tmp_path: Path) -> Path:
    path = tmp_path / "questions.tsv"
    path.write_text("label\ttext\n" + "".join(f"{label}\t{text}\n" for label, text in ROWS), encoding="utf-8")
    return path


@pytest.fixture
def keys(tmp_path: Path) -> tuple[Path, Path]:
    return write_keys(tmp_path / "ours")


def write_keys(stem: Path) -> tuple[Path, Path]:
    key = Ed25519PrivateKey.generate()
    private, public = stem.with_suffix(".private.pem"), stem.with_suffix(".public.pem")
    private.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    public.write_bytes(key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo))
    return private, public


def run(command: str, *arguments: object) -> str:
    out = io.StringIO()
    call_command(command, *map(str, arguments), stdout=out, stderr=io.StringIO())
    return out.getvalue()


def accept(questions: Path, folder: Path, *arguments: object) -> dict[str, object]:
    run("evaluate", "--acceptance", "--questions", questions, "--report", folder, *ORIGIN, *arguments)
    return dict(json.loads((folder / "report.json").read_text(encoding="utf-8")))


def test_report_says_what_the_claim_rests_on(live_release: Release, questions: Path, tmp_path: Path) -> None:
    report = accept(questions, tmp_path / "report", "--language", "en")
    assert report["questions"] == {
        "num": 8,
        "num_out_of_scope": 2,
        "file": "questions.tsv",
        "sha256": hashlib.sha256(questions.read_bytes()).hexdigest(),
        "written_by": "two agents",
        "drawn": "every 50th chat of May",
    }
    overlap = report["overlap"]
    assert isinstance(overlap, dict)
    assert overlap["exact"] == 2
    measures = {one["name"]: one for one in report["measures"]}  # type: ignore[attr-defined]
    assert list(measures) == ["decided", "answers", "top1", "declined"]
    assert measures["top1"]["share"]["of"] == 6
    assert measures["declined"]["share"]["of"] == 2
    for one in measures.values():
        value, needed = one["share"]["value"], one["needed"]
        assert needed is None or (settles(value, 0.9, needed) and not settles(value, 0.9, needed - 1))
    without = {one["name"]: one for one in report["measures_without_overlap"]}  # type: ignore[attr-defined]
    assert without["top1"]["share"]["of"] == 4 - overlap["near"]
    examples = report["examples"]
    assert isinstance(examples, dict)
    assert len(examples["right"]) + len(examples["wrong"]) == 8
    answered = [one for one in examples["right"] if one["done"] == "answered"]
    assert answered
    assert all(one["answer"] for one in answered)
    hashes = report["hashes"]
    assert isinstance(hashes, dict)
    assert hashes["release"]["number"] == live_release.number
    assert hashes["model"]["fingerprint"] == live_release.model_fingerprint
    assert len(hashes["code"]["sha256"]) == len(hashes["knowledge"]["sha256"]) == 64
    assert "signature" not in report
    page = (tmp_path / "report" / "report.html").read_text(encoding="utf-8")
    assert "not signed" in page
    assert "every 50th chat of May" in page
    assert "<b>附近" not in page
    assert report["page_sha256"] == hashlib.sha256(page.encode()).hexdigest()


def test_the_same_file_shows_the_same_examples(live_release: Release, questions: Path, tmp_path: Path) -> None:
    first, second = (accept(questions, tmp_path / name)["examples"] for name in ("one", "two"))
    assert first == second


def test_signed_report_is_valid_until_something_is_changed(
    live_release: Release, questions: Path, tmp_path: Path, keys: tuple[Path, Path]
) -> None:
    private, public = keys
    accept(questions, tmp_path / "report", "--key", private)
    path = tmp_path / "report" / "report.json"
    valid = run("verify_report", path, "--key", public)
    assert valid == "Valid: report.json is what was signed with this key; and so is the page beside it.\n"

    _private, other = write_keys(tmp_path / "other")
    with pytest.raises(CommandError, match="signed with another key") as error:
        run("verify_report", path, "--key", other)
    assert error.value.returncode == 1

    kept = path.read_bytes()
    path.write_bytes(kept.replace(b'"claim": 0.9', b'"claim": 0.8'))
    with pytest.raises(CommandError, match="was changed after it was signed"):
        run("verify_report", path, "--key", public)
    path.write_bytes(b"\xff" + kept)
    with pytest.raises(CommandError, match="not UTF-8"):
        run("verify_report", path, "--key", public)
    path.write_bytes(kept)

    page = path.with_name("report.html")
    page.write_text(page.read_text("utf-8") + " ", "utf-8")
    with pytest.raises(CommandError, match=r"report\.html beside it is not the page that was made with it"):
        run("verify_report", path, "--key", public)
    page.unlink()
    assert run("verify_report", path, "--key", public).endswith("report.html was not beside it.\n")


def test_unsigned_and_missing_reports(
    live_release: Release, questions: Path, tmp_path: Path, keys: tuple[Path, Path]
) -> None:
    accept(questions, tmp_path / "report")
    with pytest.raises(CommandError, match="The report is not signed"):
        run("verify_report", tmp_path / "report" / "report.json", "--key", keys[1])
    with pytest.raises(CommandError, match="can't be read: No such file"):
        run("verify_report", tmp_path / "none.json", "--key", keys[1])


def test_lines_and_json(live_release: Release, questions: Path, tmp_path: Path) -> None:
    common = ("--acceptance", "--questions", questions, "--report", tmp_path / "report", *ORIGIN)
    lines = run("evaluate", *common).splitlines()
    assert [line.split()[0] for line in lines] == ["decided", "answers", "top1", "declined", "known", "Report:"]
    assert lines[-1] == f"Report: {tmp_path / 'report' / 'report.json'} (not signed: no --key)"
    assert json.loads(run("evaluate", *common, "--json"))["format"] == "hangjia-acceptance-1"


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--acceptance",), "needs --written-by 'who.*; and --drawn 'how.*; and --report FOLDER"),
        (("--acceptance", "--written-by", "x", "--report", "y"), "needs --drawn"),
        (("--acceptance", "--claim", "1"), "--claim 1.0 is no share"),
        (("--acceptance", "--gate"), "give one of them"),
        (("--drawn", "x"), "--drawn is for --acceptance"),
        (("--acceptance", *ORIGIN, "--report", "y", "--key", "none.pem"), "none.pem can't be read"),
    ],
)
def test_refusals(knowledge_base: KnowledgeBase, questions: Path, arguments: tuple[str, ...], words: str) -> None:
    with pytest.raises(CommandError, match=words):
        run("evaluate", "--questions", questions, *arguments)
