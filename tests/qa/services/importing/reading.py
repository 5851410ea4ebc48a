"""Reading a file that a test has written."""

from pathlib import Path

import pytest

from qa.exceptions import ImportRefused
from qa.services.importing.reading import read_file
from qa.services.importing.rows import EntryRow


def read(tmp_path: Path, name: str, content: str | bytes) -> tuple[EntryRow, ...]:
    path = tmp_path / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return read_file(path, "zh").entries


def problems_of(tmp_path: Path, name: str, content: str | bytes) -> tuple[str, ...]:
    with pytest.raises(ImportRefused) as refused:
        read(tmp_path, name, content)
    return refused.value.problems
