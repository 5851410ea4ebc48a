"""Reading .xlsx: values as they are shown, and what is refused. No database."""

import io
import random
import zipfile
from contextlib import suppress
from pathlib import Path

import openpyxl

from qa.exceptions import ImportRefused
from qa.services.importing.rows import Wording
from tests.qa.services.importing.reading import problems_of, read


def workbook(*rows: tuple[object, ...], second_sheet: bool = False) -> bytes:
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    for row in rows:
        sheet.append(row)
    if second_sheet:
        book.create_sheet("more").append(("question",))
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def test_xlsx_values(tmp_path: Path) -> None:
    content = workbook(
        ("编号", "中文问题", "中文答案", "中文问法", None),
        (12, "漏水？", 3.0, "滴水|漏了\n湿了"),
        (None, None),
        ("b", "噪音？", True, None),
    )
    assert [(r.position, r.external_id, r.wordings) for r in read(tmp_path, "f.xlsx", content)] == [
        ("row 2", "12", (Wording("zh", "漏水？", "3", ("滴水", "漏了", "湿了")),)),
        ("row 4", "b", (Wording("zh", "噪音？", "True"),)),
    ]


def test_xlsx_formula_errors_and_second_sheets_refused(tmp_path: Path) -> None:
    (problem,) = problems_of(tmp_path, "f.xlsx", workbook(("id", "question"), ("a", "#REF!")))
    assert problem == "row 2, column 2: found the formula error #REF!; expected a value."
    (problem,) = problems_of(tmp_path, "f.xlsx", workbook(("id",), second_sheet=True))
    assert problem == "the file: found 2 filled sheets ('Sheet', 'more'); expected one: save each as its own file."


def test_xlsx_password_refused(tmp_path: Path) -> None:
    (problem,) = problems_of(tmp_path, "f.xlsx", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(512))
    assert problem.startswith("the file: found a workbook with a password")


def test_xlsx_bomb_refused(tmp_path: Path) -> None:
    out = io.BytesIO()
    with (
        zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive,
        archive.open("xl/sharedStrings.xml", "w") as member,
    ):
        for _ in range(201):
            member.write(bytes(2**20))
    (problem,) = problems_of(tmp_path, "f.xlsx", out.getvalue())
    assert problem.startswith("the file: found a workbook of 210,763,776 bytes unpacked")


def test_xlsx_rows_far_away_refused(tmp_path: Path) -> None:
    source = zipfile.ZipFile(io.BytesIO(workbook(("id",), ("a",))))
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name in source.namelist():
            content = source.read(name)
            archive.writestr(name, content.replace(b'r="2"', b'r="999999999"').replace(b'"A2"', b'"A999999999"'))
    (problem,) = problems_of(tmp_path, "f.xlsx", out.getvalue())
    assert problem.startswith("the file: found a broken workbook")


def test_xlsx_damaged_anywhere_is_read_or_refused(tmp_path: Path) -> None:
    whole = workbook(("id", "question"), *((f"e{n}", f"q {n}") for n in range(50)))
    dice = random.Random(7)
    for _ in range(150):
        damaged = bytearray(whole[: dice.randrange(1, len(whole))] if dice.random() < 0.3 else whole)
        for _ in range(dice.randrange(1, 20)):
            damaged[dice.randrange(len(damaged))] = dice.randrange(256)
        with suppress(ImportRefused):
            read(tmp_path, "f.xlsx", bytes(damaged))
