"""What can be set or called is documented: environment variables, make's variables, commands and their options."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.core.management import load_command_class
from django.core.management.base import BaseCommand

ROOT = Path(__file__).resolve().parent.parent
PAGES = ("docs/settings.md", "docs/commands.md", "README.md")
COMMANDS = sorted(
    path.stem for path in (ROOT / "qa" / "management" / "commands").glob("*.py") if not path.stem.startswith("_")
)


def _documentation() -> str:
    return "\n".join((ROOT / page).read_text(encoding="utf-8") for page in PAGES if (ROOT / page).exists())


def _is_environment(node: ast.expr) -> bool:
    return isinstance(node, ast.Attribute) and node.attr in {"environ", "getenv"}


def _environment_keys(tree: ast.AST) -> Iterator[ast.expr]:
    """Yield what stands as the name in `os.environ[…]`, `os.environ.get(…)` and `os.getenv(…)`."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Subscript) and _is_environment(node.value):
            yield node.slice
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            of_environ = node.func.attr in {"get", "setdefault", "pop"} and _is_environment(node.func.value)
            if node.args and (of_environ or node.func.attr == "getenv"):
                yield node.args[0]


def settings_of(source: str) -> set[str]:
    """Return the variables that a settings module reads, also through functions of its own that take the name."""
    tree = ast.parse(source)
    readers = {
        function.name
        for function in ast.walk(tree)
        if isinstance(function, ast.FunctionDef)
        and any(not isinstance(key, ast.Constant) for key in _environment_keys(function))
    }
    through_readers = (
        node.args[0]
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in readers and node.args
    )
    keys = [*_environment_keys(tree), *through_readers]
    return {key.value for key in keys if isinstance(key, ast.Constant) and isinstance(key.value, str)}


SETTINGS = sorted(settings_of((ROOT / "qa" / "settings.py").read_text(encoding="utf-8")))
MAKE_VARIABLES = sorted(re.findall(r"^(?:export )?(\w+) \?=", (ROOT / "Makefile").read_text(encoding="utf-8"), re.M))


def _own_options(command: str) -> list[str]:
    parser = load_command_class("qa", command).create_parser("manage.py", command)
    inherited = BaseCommand().create_parser("manage.py", command)
    known = {option for action in inherited._actions for option in action.option_strings}
    return [option for action in parser._actions for option in action.option_strings if option not in known]


def _section(command: str) -> str:
    page = (ROOT / "docs" / "commands.md").read_text(encoding="utf-8")
    return page.partition(f"\n## {command}\n")[2].partition("\n## ")[0]


def test_settings_are_found_in_every_way_of_reading() -> None:
    source = """
import os
def _number(name): return int(os.environ.get(name, "1"))
A, B, C, D = os.environ["A"], os.environ.get("B"), os.getenv("C", "x"), _number("D")
E = {"NAME": "not a setting"}.get("E")
"""
    assert settings_of(source) == {"A", "B", "C", "D"}


@pytest.mark.parametrize("name", [*SETTINGS, *MAKE_VARIABLES])
def test_setting_is_documented(name: str) -> None:
    assert re.search(rf"^\| `{name}` \|", _documentation(), re.M), (
        f"{name} is read from the environment but has no row in docs/settings.md; say its default and what it is."
    )


def test_every_documented_setting_exists() -> None:
    page = (ROOT / "docs" / "settings.md").read_text(encoding="utf-8")
    assert set(re.findall(r"^\| `(\w+)` \|", page, re.M)) == {*SETTINGS, *MAKE_VARIABLES}


@pytest.mark.parametrize("command", COMMANDS)
def test_command_is_documented_with_an_example(command: str) -> None:
    assert f"```sh\n.venv/bin/python manage.py {command}" in _section(command), (
        f"docs/commands.md has no section '## {command}' with an example; write it."
    )


@pytest.mark.parametrize("command", COMMANDS)
def test_options_are_documented(command: str) -> None:
    documented = re.findall(r"(?<![\w-])--[a-z][a-z-]*", _section(command))
    assert [option for option in _own_options(command) if option not in documented] == []
