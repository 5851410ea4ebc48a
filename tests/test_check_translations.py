"""The Chinese catalogue says what the code says, and Django finds it under both names of the language."""

import shutil
from pathlib import Path

import polib
import pytest
from django.utils import translation
from django.utils.translation import gettext

from tests.check_translations import CATALOGUE, find_problems, main, write_catalogue

SOURCE = 'from django.utils.translation import gettext as _\n_("%(count)d entries")\n'


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """Give a project with one text, translated."""
    (tmp_path / "qa").mkdir()
    (tmp_path / "qa" / "page.py").write_text(SOURCE)
    write_catalogue(tmp_path, tmp_path / "django.po")
    _edit(tmp_path, msgstr="%(count)d 个条目")
    return tmp_path


def _edit(project: Path, *, msgstr: str, fuzzy: bool = False) -> None:
    po = polib.pofile(str(project / "django.po"))
    po[0].msgstr = msgstr
    po[0].flags = ["fuzzy"] if fuzzy else []
    po.save(str(project / "django.po"))
    write_catalogue(project, project / "django.po")


def _problems(project: Path) -> list[str]:
    return find_problems(project, project / "django.po")


def test_the_catalogue_is_complete() -> None:
    assert find_problems() == []


@pytest.mark.parametrize("language", ["zh", "zh-hans"])
def test_chinese_is_found_under_both_names(language: str) -> None:
    with translation.override(language):
        assert gettext("None of these") == "都不是"


def test_english_is_the_msgid() -> None:
    with translation.override("en"):
        assert gettext("None of these") == "None of these"


def test_a_complete_catalogue_has_no_problems(project: Path) -> None:
    assert _problems(project) == []


def test_a_new_text_is_named_with_its_place(project: Path) -> None:
    (project / "qa" / "page.py").write_text(SOURCE + '_("new")\n')
    [problem] = _problems(project)
    assert problem.startswith("qa/page.py:3: 'new' is not in django.po")


def test_a_text_that_is_gone_is_named(project: Path) -> None:
    (project / "qa" / "page.py").write_text("")
    [problem] = _problems(project)
    assert "is not in the code any more" in problem


@pytest.mark.parametrize(
    ("msgstr", "fuzzy", "said"),
    [
        ("", False, "has no translation"),
        ("%(count)d 个条目", True, "is marked fuzzy"),
        ("%(number)d 个条目", False, "has the placeholders ['%(count)d']"),
        ("条目", False, "its translation has []"),
    ],
)
def test_a_bad_translation_is_named(project: Path, msgstr: str, fuzzy: bool, said: str) -> None:
    _edit(project, msgstr=msgstr, fuzzy=fuzzy)
    [problem] = _problems(project)
    assert said in problem


def test_a_template_s_percent_signs_are_doubled_as_django_looks_them_up(project: Path) -> None:
    (project / "templates").mkdir()
    (project / "templates" / "page.html").write_text('{% translate "a 95 % interval" %}')
    write_catalogue(project, project / "django.po")
    assert polib.pofile(str(project / "django.po")).find("a 95 %% interval") is not None


def test_a_stale_mo_is_named(project: Path) -> None:
    (project / "django.mo").write_bytes(b"")
    assert [problem.partition(";")[0] for problem in _problems(project)] == [
        "django.mo is not what django.po compiles to"
    ]


@pytest.mark.parametrize("call", ["_(name)", '_(f"{name}")', "_()"])
def test_a_text_that_is_not_in_quotes_is_refused(project: Path, call: str) -> None:
    (project / "qa" / "other.py").write_text(f"from django.utils.translation import gettext_lazy as _\n{call}\n")
    [problem] = _problems(project)
    assert problem.startswith("qa/other.py:2: only a text in quotes can be translated")


def test_a_template_is_read(project: Path) -> None:
    (project / "templates").mkdir()
    (project / "templates" / "a.html").write_text("<p>\n{% translate \"shop\" %}{% trans 'it' as x %}\n</p>")
    assert [problem.partition(" is")[0] for problem in _problems(project)] == [
        "templates/a.html:2: 'shop'",
        "templates/a.html:2: 'it'",
    ]


def test_writing_twice_changes_nothing(tmp_path: Path) -> None:
    shutil.copy(CATALOGUE, tmp_path / "django.po")
    write_catalogue(catalogue=tmp_path / "django.po")
    assert (tmp_path / "django.po").read_bytes() == CATALOGUE.read_bytes()


def test_an_unknown_option_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--wirte"]) == 2
    assert capsys.readouterr().err == "Given '--wirte'; expected nothing or --write.\n"
