"""Sharing tests out among workers: a file stays together, long ones come first, what must be alone is alone."""

import os
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

from tests import scheduling
from tests.scheduling import LONG, in_order
from tests.servers import ROOT

CONFTEST = """
import os, time
import pytest
from tests.scheduling import AloneLast

def pytest_xdist_make_scheduler(config, log):
    return AloneLast(config, log, alone=("test_a.py", "test_e.py::test_e_alone"))

@pytest.fixture(autouse=True)
def noted(request):
    began = time.monotonic()
    yield
    with open("noted.txt", "a") as file:
        print(request.node.name, os.environ["PYTEST_XDIST_WORKER"], began, time.monotonic(), file=file)
"""
ALONE = """
import pytest

@pytest.mark.parametrize("value", ["one", "two"])
def test_{name}_alone(value): pass
"""
QUICK = """
def test_{name}_first(): pass
def test_{name}_second(): pass
"""
SLOW = """
import time
def test_{name}_first(): time.sleep(0.3)
def test_{name}_second(): time.sleep(0.3)
"""


def run(folder: Path, **files: str) -> dict[str, tuple[str, float, float]]:
    """Run files of tests with two workers; return each test's worker, beginning and end."""
    (folder / "conftest.py").write_text(CONFTEST)
    for name, content in files.items():
        (folder / f"test_{name}.py").write_text(content.format(name=name))
    environment = {k: v for k, v in os.environ.items() if not k.startswith(("PYTEST_", "DJANGO_"))}
    environment |= {"PYTHONPATH": str(ROOT), "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
    done = subprocess.run(  # noqa: PLW1510  # what it said is in the assertion
        [
            sys.executable,
            "-m",
            "pytest",
            "-q",
            "-p",
            "xdist",
            "-n",
            "2",
            "--dist",
            "loadfile",
            "-p",
            "no:cacheprovider",
            ".",
        ],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    lines = [line.split() for line in (folder / "noted.txt").read_text().splitlines()]
    noted = {name: (worker, float(began), float(ended)) for name, worker, began, ended in lines}
    assert len(noted) == len(lines)
    return noted


def test_what_must_be_alone_begins_when_all_others_have_ended(tmp_path: Path) -> None:
    noted = run(tmp_path, a=QUICK, b=SLOW, c=QUICK, d=SLOW, e=ALONE + QUICK)
    assert len(noted) == 12
    names = ("test_a_first", "test_a_second", "test_e_alone[one]", "test_e_alone[two]")
    alone = {name: noted.pop(name) for name in names}
    assert min(began for _, began, _ in alone.values()) >= max(ended for _, _, ended in noted.values())
    assert len({worker for worker, _, _ in alone.values()}) == 1
    assert {worker for worker, _, _ in noted.values()} == {"gw0", "gw1"}
    for file in "bcde":
        assert len({worker for name, (worker, _, _) in noted.items() if name.startswith(f"test_{file}_")}) == 1


@pytest.mark.parametrize("files", [{"a": QUICK}, {"a": QUICK, "b": QUICK}, {"b": QUICK}], ids=["only", "one", "none"])
def test_fewer_files_than_workers(tmp_path: Path, files: dict[str, str]) -> None:
    noted = run(tmp_path, **files)
    assert len(noted) == sum(content.count("def test") for content in files.values())


@pytest.mark.parametrize("name", [*scheduling.ALONE, *LONG])
def test_what_is_named_is_there(name: str) -> None:
    file, _, test = name.partition("::")
    assert f"def {test}(" in (ROOT / file).read_text() if test else (ROOT / file).is_file()


def test_long_files_come_first() -> None:
    items = [
        SimpleNamespace(path=ROOT / name) for name in ("tests/test_docs.py", *reversed(LONG), "tests/test_docs.py")
    ]
    assert in_order(items, ROOT) == [*items[-2:0:-1], items[0], items[-1]]  # type: ignore[arg-type]
