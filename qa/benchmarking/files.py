"""Benchmark files: UTF-8 TSV with the header `label<TAB>text`."""

from dataclasses import dataclass
from pathlib import Path

from qa.exceptions import ImportRefused

OUT_OF_SCOPE = "__oos__"
HEADER = "label\ttext"


@dataclass(frozen=True, slots=True)
class LabelledText:
    """One row: the entry, or `__oos__`, and a question (in a KB of answers, the answer)."""

    label: str
    text: str


def read_benchmark_file(path: Path) -> list[LabelledText]:
    """Read one file; rows without a text are left out.

    Raises:
        ImportRefused: It is missing, not UTF-8, has another header, or a row without a label.
    """
    try:
        lines = path.read_text(encoding="utf-8-sig").split("\n")
    except FileNotFoundError as error:
        raise ImportRefused(f"There is no file {path}.") from error
    except UnicodeDecodeError as error:
        raise ImportRefused(f"{path} is not UTF-8 (byte {error.start}). Save it as UTF-8.") from error
    if lines[0].strip("\r").casefold() != HEADER:
        raise ImportRefused(f"{path} begins with {lines[0][:60]!r}; expected the header 'label<TAB>text'.")
    rows = []
    for number, line in enumerate(lines[1:], start=2):
        label, _, text = line.strip("\r").partition("\t")
        if not text.strip():
            continue
        if not label.strip():
            raise ImportRefused(f"{path}, line {number}: there is no label before the tab.")
        rows.append(LabelledText(label.strip(), text.strip()))
    if not rows:
        raise ImportRefused(f"{path} holds no row.")
    return rows
