"""A file → checked rows: the format by its suffix, limits first, every problem at once."""

from pathlib import Path

from qa.services.importing.delimited import read_delimited
from qa.services.importing.encoding import decode_text
from qa.services.importing.entries import check_entries, shared_phrasing_warnings
from qa.services.importing.excel import read_xlsx
from qa.services.importing.json_files import read_json, read_jsonl
from qa.services.importing.lexicon import check_products, check_terms
from qa.services.importing.markdown import read_markdown
from qa.services.importing.problems import Problems, shown
from qa.services.importing.rows import FileRecords, ParsedFile
from qa.services.importing.tables import read_grid

MAX_FILE_BYTES = 50 * 2**20
"""More than 100,000 entries of usual length; a larger file is most likely the wrong one."""
SUFFIXES = (".csv", ".tsv", ".xlsx", ".json", ".jsonl", ".md")


def read_file(path: Path, default_language: str) -> ParsedFile:
    """Read and check a file without looking at the database.

    Args:
        path: The file; its suffix says the format.
        default_language: Language of texts without any letter.

    Raises:
        ImportRefused: With every problem of the file.
    """
    problems = Problems(path.name)
    found = _read_records(path, problems, default_language)
    parsed = ParsedFile(
        entries=(entries := check_entries(found.entries, problems)),
        products=check_products(found.products, problems),
        terms=check_terms(found.terms, problems),
        warnings=shared_phrasing_warnings(entries),
    )
    problems.raise_if_any()
    if not (parsed.entries or parsed.products or parsed.terms):
        raise problems.refuse("the file", "no entry", "at least one, as docs/importing.md shows")
    return parsed


def _read_records(path: Path, problems: Problems, default_language: str) -> FileRecords:
    suffix = path.suffix.lower()
    if suffix not in SUFFIXES:
        raise problems.refuse("the file", f"the suffix {shown(path.suffix)}", f"one of {', '.join(SUFFIXES)}")
    raw = _read_bytes(path, problems)
    if suffix == ".xlsx":
        return FileRecords(read_grid(read_xlsx(raw, problems), problems, default_language))
    text = decode_text(raw, problems)
    if suffix == ".json":
        return read_json(text, problems)
    if suffix == ".jsonl":
        return read_jsonl(text, problems)
    if suffix == ".md":
        return FileRecords(read_markdown(text, problems, default_language))
    grid = read_delimited(text, problems, delimiter="\t" if suffix == ".tsv" else None)
    return FileRecords(read_grid(grid, problems, default_language))


def _read_bytes(path: Path, problems: Problems) -> bytes:
    try:
        with path.open("rb") as file:
            raw = file.read(MAX_FILE_BYTES + 1)
    except OSError as error:
        raise problems.refuse("the file", error.strerror or type(error).__name__, "a file that can be read") from error
    if len(raw) > MAX_FILE_BYTES:
        raise problems.refuse("the file", f"more than {MAX_FILE_BYTES:,} bytes", "at most that: split it")
    if not raw.strip():
        raise problems.refuse("the file", "nothing in it", "at least one entry")
    return raw
