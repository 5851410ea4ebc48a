"""A grid of cells, from whatever file → records: one row an entry, or one row a phrasing."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from qa.services.importing.columns import COLUMNS, LIST_COLUMNS, column_of, split_list
from qa.services.importing.languages import detect_language
from qa.services.importing.problems import Problems, shown
from qa.services.importing.rows import Record

Grid = Iterable[Sequence[str]]
"""Rows of cells, header first; the first row is row 1, as spreadsheets count."""

_PHRASING_COLUMNS = frozenset({"external_id", "text", "language"})
_LANGUAGE_NAMES = {"zh": "zh", "中文": "zh", "chinese": "zh", "en": "en", "英文": "en", "english": "en"}


def read_grid(grid: Grid, problems: Problems, default_language: str) -> tuple[Record, ...]:
    """Read a table; its header tells which of the two layouts it has.

    Args:
        grid: Header and rows.
        problems: Where bad headers and rows are noted.
        default_language: Language of texts without any letter, when no column says it.
    """
    rows = iter(grid)
    columns = _read_header(next(rows, ()), problems)
    problems.raise_if_any()
    numbered = ((f"row {number}", row) for number, row in enumerate(rows, start=2))
    cells = [(position, _cells_of(position, columns, row, problems)) for position, row in numbered if any(row)]
    if "text" in columns:
        return _group_phrasings(cells, problems, default_language)
    return tuple(_entry_record(position, row, problems, default_language) for position, row in cells)


def _read_header(header: Sequence[str], problems: Problems) -> tuple[str, ...]:
    # Spreadsheets write trailing separators for columns that were once used.
    header = header[: max((n for n, name in enumerate(header, start=1) if name.strip()), default=0)]
    columns = tuple(column_of(name) or "" for name in header)
    for number, (name, column) in enumerate(zip(header, columns, strict=True), start=1):
        if not column:
            problems.add("row 1", f"column {number}", shown(name), f"one of {', '.join(sorted(COLUMNS))}")
        elif column in columns[: number - 1]:
            problems.add("row 1", f"column {number}", f"{shown(name)} a second time", f"{column} once")
    _check_layout(set(columns), problems)
    return columns


def _check_layout(columns: set[str], problems: Problems) -> None:
    known = ", ".join(sorted(columns - {""})) or "nothing"
    if "text" in columns:
        if "external_id" not in columns or columns - _PHRASING_COLUMNS - {""}:
            problems.add("row 1", "", known, "label, text and perhaps language in a table of phrasings")
        return
    mixed = [c for c in ("question", "answer", "phrasings") if c in columns and columns & {f"{c}_zh", f"{c}_en"}]
    for column in mixed:
        problems.add("row 1", column, f"{column} beside {column}_zh or {column}_en", "one or the other")
    if not any(c.startswith(("external_id", "question")) for c in columns):
        problems.add("row 1", "", known, "at least external_id or question among the column names")


@dataclass(frozen=True)
class _Row:
    texts: dict[str, str] = field(default_factory=dict)


def _cells_of(position: str, columns: tuple[str, ...], row: Sequence[str], problems: Problems) -> _Row:
    if extra := [cell for cell in row[len(columns) :] if cell.strip()]:
        problems.add(
            position,
            "",
            f"{len(columns) + len(extra)} cells (the last is {shown(extra[-1])})",
            f"{len(columns)}: quote cells that hold the separator",
        )
    return _Row(dict(zip(columns, row, strict=False)))


def _entry_record(position: str, row: _Row, problems: Problems, default_language: str) -> Record:
    cells = dict(row.texts)
    named = _take_language(position, cells, problems)
    language = named or detect_language(f"{cells.get('question', '')} {cells.get('answer', '')}", default_language)
    texts: dict[str, str] = {}
    lists: dict[str, tuple[str, ...]] = {}
    for column, cell in cells.items():
        if column == "phrasings":
            for text in split_list(column, cell):
                key = f"phrasings_{named or detect_language(text, default_language)}"
                lists[key] = (*lists.get(key, ()), text)
        elif column in LIST_COLUMNS:
            # An empty cell says nothing: it must not take every product or phrasing away.
            lists |= {column: split_list(column, cell)} if cell.strip() else {}
        else:
            texts[f"{column}_{language}" if column in {"question", "answer"} else column] = cell
    return Record(position, texts, lists)


def _take_language(position: str, cells: dict[str, str], problems: Problems) -> str | None:
    name = cells.pop("language", "").strip()
    if name and name.casefold() not in _LANGUAGE_NAMES:
        problems.add(position, "language", shown(name), "zh or en, or nothing")
    return _LANGUAGE_NAMES.get(name.casefold())


def _group_phrasings(rows: Sequence[tuple[str, _Row]], problems: Problems, default_language: str) -> tuple[Record, ...]:
    lists: dict[str, dict[str, tuple[str, ...]]] = {}
    positions: dict[str, str] = {}
    for position, row in rows:
        label, text = (row.texts.get(column, "").strip() for column in ("external_id", "text"))
        language = _take_language(position, row.texts, problems) or detect_language(text, default_language)
        for column, value in (("label", label), ("text", text)):
            if not value:
                problems.add(position, column, "nothing", "a text")
        positions.setdefault(label, position)
        of_entry = lists.setdefault(label, {})
        of_entry[f"phrasings_{language}"] = (*of_entry.get(f"phrasings_{language}", ()), text)
    problems.raise_if_any()
    return tuple(Record(positions[label], {"external_id": label}, lists[label]) for label in lists)
