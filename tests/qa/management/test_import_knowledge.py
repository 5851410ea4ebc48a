"""`manage.py import_knowledge`: which knowledge base, what is printed, what a refusal looks like."""

import io
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from qa.models import Entry, KnowledgeBase

pytestmark = pytest.mark.django_db


@pytest.fixture
def table(tmp_path: Path) -> Path:
    path = tmp_path / "f.csv"
    path.write_text("question,answer\n漏水？,关机。\n")
    return path


def run(*arguments: object) -> str:
    out = io.StringIO()
    call_command("import_knowledge", *map(str, arguments), stdout=out)
    return out.getvalue()


def test_command_makes_the_first_knowledge_base(table: Path) -> None:
    assert run(table, "--knowledge-base", "shop") == (
        "Imported: 1 new entries, 0 changed, 0 as they were; 0 phrasings added, "
        "0 duplicates left out; 0 terms new or changed.\n"
    )
    assert Entry.objects.get().knowledge_base.slug == "shop"


def test_command_takes_the_only_knowledge_base(table: Path) -> None:
    KnowledgeBase.objects.create(slug="only", name="Only")
    report = json.loads(run(table, "--json"))
    assert report == {
        "num_created": 1,
        "num_updated": 0,
        "num_unchanged": 0,
        "num_phrasings": 0,
        "num_duplicates": 0,
        "num_terms": 0,
        "warnings": [],
    }
    assert Entry.objects.get().knowledge_base.slug == "only"


@pytest.mark.parametrize(
    ("slugs", "arguments", "words"),
    [
        ([], [], "There is no knowledge base yet. Name a first one: --knowledge-base SLUG."),
        ([], ["--knowledge-base", "a b"], "'a b' is no slug"),
        (["b", "a"], [], "There are several knowledge bases; give --knowledge-base one of a, b,"),
        (["a"], ["--knowledge-base", "z"], "There is no knowledge base 'z'; give --knowledge-base one of a,"),
    ],
)
def test_command_says_which_knowledge_bases_there_are(
    table: Path, slugs: list[str], arguments: list[str], words: str
) -> None:
    for slug in slugs:
        KnowledgeBase.objects.create(slug=slug, name=slug)
    with pytest.raises(CommandError) as error:
        run(table, *arguments)
    assert str(error.value).startswith(words)


def test_command_dry_run_leaves_nothing_behind(table: Path) -> None:
    assert run(table, "--knowledge-base", "shop", "--dry-run").startswith("Would import: 1 new entries")
    assert (KnowledgeBase.objects.count(), Entry.objects.count()) == (0, 0)


def test_command_refusal_lists_every_problem_and_leaves_nothing_behind(tmp_path: Path) -> None:
    path = tmp_path / "f.csv"
    path.write_text("id,status\na,gone\nb,lost\n")
    with pytest.raises(CommandError) as error:
        run(path, "--knowledge-base", "shop")
    first, *problems = str(error.value).split("\n")
    assert first == ("f.csv was not imported, and nothing was changed: 2 problems. Mend the file and import it again.")
    assert [problem.split(":")[0] for problem in problems] == ["row 2, status", "row 3, status"]
    assert KnowledgeBase.objects.count() == 0


def test_command_refusal_exits_with_one_and_no_traceback(tmp_path: Path) -> None:
    (tmp_path / "f.json").write_text("[" * 100_000)
    # Its own database in its own folder, whatever the tests around it run on.
    environment = {name: value for name, value in os.environ.items() if name != "DATABASE_URL"}
    environment |= {"HANGJIA_VAR": str(tmp_path / "var"), "DJANGO_SETTINGS_MODULE": "qa.settings"}
    manage = str(Path(__file__).parents[3] / "manage.py")
    subprocess.run([sys.executable, manage, "migrate", "-v0"], env=environment, check=True, capture_output=True)
    finished = subprocess.run(
        [sys.executable, manage, "import_knowledge", str(tmp_path / "f.json"), "--knowledge-base", "shop"],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert finished.returncode == 1
    assert "brackets nested too deeply" in finished.stderr
    assert "Traceback" not in finished.stderr


def test_create_makes_a_further_knowledge_base(tmp_path: Path) -> None:
    KnowledgeBase.objects.create(slug="first", name="first")
    path = tmp_path / "faq.csv"
    path.write_text("question,answer\nHow do I get a refund?,Refunds take 3 days.\n")
    with pytest.raises(CommandError, match="add --create"):
        call_command("import_knowledge", path, knowledge_base="second")
    call_command("import_knowledge", path, knowledge_base="second", create=True)
    assert KnowledgeBase.objects.get(slug="second").entries.count() == 1
