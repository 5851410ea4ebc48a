"""CSV and TSV → grid."""

import csv
import io
from collections.abc import Iterator

from qa.services.importing.columns import column_of
from qa.services.importing.problems import Problems
from qa.services.importing.tables import Grid

DELIMITERS = (",", ";", "\t")
MAX_FIELD = 2**26
"""Characters of a cell that the parser takes: more than a file may have bytes."""


def read_delimited(text: str, problems: Problems, delimiter: str | None = None) -> Grid:
    """Read a table whose cells are separated by commas, semicolons or tabs.

    Args:
        text: The whole file.
        problems: Where faulty quotes are noted.
        delimiter: What separates the cells: a tab for TSV; found in the header when None.

    Raises:
        ImportRefused: Quotes don't close; names the row.
    """
    # The limit is the whole process's. Ours are checked later, by column, and say what is too long.
    csv.field_size_limit(MAX_FIELD)
    found = delimiter or _sniff(text)
    rows: list[list[str]] = []
    try:
        rows.extend(_reader(text, found))
    except csv.Error as error:
        if delimiter == "\t":
            # TSV is mostly written without quoting, where a quotation mark is a character like any other.
            return list(csv.reader(io.StringIO(text, newline=""), delimiter="\t", quoting=csv.QUOTE_NONE))
        raise problems.refuse(
            f"row {len(rows) + 1}",
            f"a faulty quotation mark ({error})",
            'cells with quotes, separators or line breaks between "…", and quotes inside them doubled',
        ) from error
    return rows


def _reader(text: str, delimiter: str) -> Iterator[list[str]]:
    # Strict: a quote that never closes would otherwise swallow the rest of the file without a word.
    return csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)


def _sniff(text: str) -> str:
    """Return the delimiter that makes most known columns of the header, then most cells."""
    header = next((line for line in text.split("\n") if line.strip()), "")

    def num_columns(delimiter: str) -> tuple[int, int]:
        names = [name.strip().strip('"') for name in header.split(delimiter)]
        return sum(column_of(name) is not None for name in names), len(names)

    return max(DELIMITERS, key=num_columns)
