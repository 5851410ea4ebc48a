"""`manage.py mine_terms`: what is printed, what is stored, what a refusal looks like."""

import io
import json

import pytest
from django.core.management import CommandError, call_command

from qa.models import KnowledgeBase, Term
from tests.factories import make_entry

pytestmark = pytest.mark.django_db


@pytest.fixture
def trade(knowledge_base: KnowledgeBase) -> KnowledgeBase:
    """Give a knowledge base that speaks of a word that the lexicon does not know."""
    phrasings = ("replace a txv", "is the txv covered", "noisy txv", "need a txv")
    make_entry(knowledge_base, "txv", "My txv is stuck", "Tap it.", *phrasings)
    return knowledge_base


def run(*arguments: str) -> str:
    out = io.StringIO()
    call_command("mine_terms", *arguments, stdout=out)
    return out.getvalue()


def test_command_prints_and_stores_proposals(trade: KnowledgeBase) -> None:
    lines = run("--limit", "5").splitlines()
    assert lines[0].startswith("Read ")
    assert lines[1].split() == ["score", "texts", "strange", "kind", "term"]
    assert any(line.endswith("jargon  txv") for line in lines[2:])
    stored = Term.objects.filter(status=Term.Status.PROPOSED)
    assert lines[-1].startswith(f"Proposed {stored.count()} terms. Approve or reject them in /admin/")
    assert 1 <= stored.count() <= 5


def test_dry_run_stores_nothing(trade: KnowledgeBase) -> None:
    assert "Would propose " in run("--dry-run")
    assert not Term.objects.filter(status=Term.Status.PROPOSED).exists()


def test_json(trade: KnowledgeBase) -> None:
    report = json.loads(run("--json", "--knowledge-base", trade.slug))
    term = next(t for t in report["terms"] if t["text"] == "txv")
    assert (term["kind"], term["language"], term["num_texts"]) == ("jargon", "en", 5)
    assert term["examples"] == ["replace a txv", "is the txv covered", "noisy txv"]
    assert report["num_stored"] == len(report["terms"])


def test_pairs_are_printed(knowledge_base: KnowledgeBase) -> None:
    phrasings = [f"{word} {text}" for word in ("txv", "expansion thing") for text in ("is stuck", "hums", "fails")]
    make_entry(knowledge_base, "txv", "What is a txv?", "A valve.", *phrasings)
    assert "txv = expansion thing" in run("--dry-run")


def test_nothing_new() -> None:
    KnowledgeBase.objects.create(slug="empty", name="Empty")
    assert run() == "Read 0 texts.\nNothing new: no word that the lexicon lacks stands out in them.\n"


@pytest.mark.parametrize(
    ("slugs", "arguments", "words"),
    [
        ([], [], "There is no knowledge base yet; import one with"),
        (["b", "a"], [], "There are several knowledge bases; give --knowledge-base one of a, b."),
        (["a"], ["--knowledge-base", "z"], "There is no knowledge base 'z'; give --knowledge-base one of a."),
        (["a"], ["--limit", "0"], "--limit 0 is no number of proposals; give 1 or more."),
    ],
)
def test_refusals(slugs: list[str], arguments: list[str], words: str) -> None:
    for slug in slugs:
        KnowledgeBase.objects.create(slug=slug, name=slug)
    with pytest.raises(CommandError) as error:
        run(*arguments)
    assert str(error.value).startswith(words)
