"""XLSX → grid. Formulas are read as the values that were saved with them."""

import io
import logging
import warnings
import zipfile
from collections.abc import Iterator
from datetime import date, datetime, time

import openpyxl
from openpyxl.cell.cell import ERROR_CODES
from openpyxl.worksheet._read_only import ReadOnlyWorksheet

from qa.services.importing.problems import Problems
from qa.services.importing.tables import Grid

logger = logging.getLogger(__name__)

MAX_UNPACKED_BYTES = 200 * 2**20
"""An XLSX is a ZIP: 50 MB of real text unpack to about this; a bomb to gigabytes."""
MAX_ROWS = 2**20
"""Rows of an Excel sheet; a damaged cell address must not make us count to 10^12."""

_OLE_MAGIC = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_SAVE_AGAIN = "an .xlsx workbook: open it in a spreadsheet program and save it again"


def read_xlsx(raw: bytes, problems: Problems) -> Grid:
    """Read the only sheet that holds anything.

    Args:
        raw: The whole file.
        problems: Where faulty cells are noted.

    Raises:
        ImportRefused: It is broken, protected by a password, too large inside, or has two filled sheets.
    """
    if raw.startswith(_OLE_MAGIC):
        raise problems.refuse(
            "the file", "a workbook with a password, or an old .xls", "an .xlsx without a password: save it as one"
        )
    _refuse_bomb(raw, problems)
    try:
        sheets = _read_sheets(raw)
    # A damaged workbook makes openpyxl raise nearly anything (KeyError, ValueError, TypeError, zlib.error …).
    except Exception as error:
        logger.debug("openpyxl could not read a workbook", exc_info=True)
        raise problems.refuse("the file", f"a broken workbook ({type(error).__name__})", _SAVE_AGAIN) from error
    if len(sheets) > 1:
        names = ", ".join(repr(name) for name in sheets)
        raise problems.refuse("the file", f"{len(sheets)} filled sheets ({names})", "one: save each as its own file")
    grid = next(iter(sheets.values()), [])
    _note_errors(grid, problems)
    return grid


def _refuse_bomb(raw: bytes, problems: Problems) -> None:
    try:
        with zipfile.ZipFile(io.BytesIO(raw)) as archive:
            # zipfile never unpacks more than the declared size, so the declared sizes can be trusted.
            num_bytes = sum(member.file_size for member in archive.infolist())
    except (zipfile.BadZipFile, NotImplementedError, ValueError, OSError) as error:
        raise problems.refuse("the file", "no readable workbook, perhaps cut off", _SAVE_AGAIN) from error
    if num_bytes > MAX_UNPACKED_BYTES:
        raise problems.refuse(
            "the file", f"a workbook of {num_bytes:,} bytes unpacked", f"at most {MAX_UNPACKED_BYTES:,}: split it"
        )


def _read_sheets(raw: bytes) -> dict[str, list[list[str]]]:
    with warnings.catch_warnings():
        # openpyxl warns of styles and extensions that it leaves out; cells are all that is read.
        warnings.simplefilter("ignore")
        book = openpyxl.load_workbook(io.BytesIO(raw), read_only=True, data_only=True)
        try:
            sheets = {sheet.title: list(_cells(sheet)) for sheet in book if isinstance(sheet, ReadOnlyWorksheet)}
        finally:
            book.close()
    return {name: grid for name, grid in sheets.items() if any(map(any, grid))}


def _cells(sheet: ReadOnlyWorksheet) -> Iterator[list[str]]:
    # The declared dimension is often wrong; without it the rows themselves are counted.
    sheet.reset_dimensions()
    for number, row in enumerate(sheet.iter_rows(values_only=True), start=1):
        if number > MAX_ROWS:
            raise ValueError(f"more than {MAX_ROWS:,} rows")
        cells = [_text(value) for value in row]
        while cells and not cells[-1]:
            cells.pop()
        yield cells


def _text(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    if isinstance(value, date | datetime | time):
        return value.isoformat()
    return str(value)


def _note_errors(grid: list[list[str]], problems: Problems) -> None:
    for number, row in enumerate(grid, start=1):
        for column, cell in enumerate(row, start=1):
            if cell in ERROR_CODES:
                problems.add(f"row {number}", f"column {column}", f"the formula error {cell}", "a value")
