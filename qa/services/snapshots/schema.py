"""What a snapshot's table must look like, checked before it is written and after it is read."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, fields
from typing import Any

import pandas as pd
import pandera.pandas as pa

from qa.exceptions import SnapshotDamaged
from qa.privacy import without_placeholders
from qa.services.snapshots.rows import LeftOut, Row, Source, Split

_LISTS = ("judgement_ids", "reviewer_ids", "conversations")
_SHOWN = 3
"""Broken rules that an error names."""


def _no_placeholder(text: str) -> bool:
    return bool(text) and text == without_placeholders(text)


def _has_its_ids(table: pd.DataFrame) -> "pd.Series[bool]":
    """Hold each source against the lineage that it needs."""
    is_review = table["phrasing_id"].isna()
    reviewed = table["review_item_id"].notna() & table["judgement_ids"].map(len).gt(0)
    labelled = table["entry_id"].notna() | (table["source"] == Source.OUT_OF_SCOPE)
    source_fits = (table["source"] != Source.PHRASING) | ~is_review
    return labelled & source_fits & (~is_review | reviewed)


def _conversations_on_one_side(table: pd.DataFrame) -> bool:
    sides = table.loc[table["split"] != Split.LEFT_OUT, ["split", "conversations"]].explode("conversations").dropna()
    return not sides.groupby("conversations")["split"].nunique().gt(1).any()


SCHEMA = pa.DataFrameSchema(
    {
        "row": pa.Column(str, pa.Check.str_matches(r"^(phrasing|review)-\d+$"), unique=True),
        "source": pa.Column(str, pa.Check.isin([str(s) for s in Source])),
        "split": pa.Column(str, pa.Check.isin([str(s) for s in Split])),
        "left_out": pa.Column(str, pa.Check.isin(["", *(str(s) for s in LeftOut)])),
        "text": pa.Column(
            str, pa.Check(_no_placeholder, element_wise=True, error="text is empty or holds a placeholder")
        ),
        "language": pa.Column(str, pa.Check.str_matches(r"^[a-z]{0,8}$")),
        "knowledge_base": pa.Column(str, pa.Check.str_length(min_value=1)),
        "entry": pa.Column(str),
        "entry_id": pa.Column("Int64", nullable=True),
        "phrasing_id": pa.Column("Int64", nullable=True),
        "review_item_id": pa.Column("Int64", nullable=True),
        "judgement_ids": pa.Column(object),
        "reviewer_ids": pa.Column(object),
        "conversations": pa.Column(object),
    },
    checks=[
        pa.Check(_has_its_ids, error="a row lacks the phrasing, or the review and judgement, that it came from"),
        pa.Check(
            lambda table: (table["split"] == Split.LEFT_OUT) == (table["left_out"] != ""),
            error="what is left out, and only that, says why",
        ),
        pa.Check(_conversations_on_one_side, error="a conversation stands in train and in dev"),
    ],
    strict=True,
    ordered=True,
)


def to_table(rows: Sequence[Row]) -> pd.DataFrame:
    """Return rows as a checked table.

    Raises:
        SnapshotDamaged: They break a rule; which one is said, the rows' texts are not.
    """
    columns = {field.name: [getattr(row, field.name) for row in rows] for field in fields(Row)}
    table = pd.DataFrame({name: pd.Series(values, dtype=_dtype(name)) for name, values in columns.items()})
    for name in ("source", "split", "left_out"):
        table[name] = table[name].map(str).astype(str)
    for name in _LISTS:
        table[name] = table[name].map(list)
    return _checked(table)


def to_rows(records: Sequence[Mapping[str, Any]]) -> tuple[Row, ...]:
    """Return a file's records as checked rows.

    Raises:
        SnapshotDamaged: They break a rule.
        TypeError, ValueError, KeyError: They have other fields.
    """
    rows = tuple(_to_row(record) for record in records)
    to_table(rows)
    return rows


def to_json(row: Row) -> dict[str, object]:
    """Return a row as plain JSON."""
    return {name: list(value) if isinstance(value, tuple) else value for name, value in asdict(row).items()}


def _dtype(name: str) -> str | type:
    if name in _LISTS:
        return object
    return "Int64" if name in {"entry_id", "phrasing_id", "review_item_id"} else str


def _to_row(record: Mapping[str, Any]) -> Row:  # Any: the schema checks it
    values: dict[str, Any] = {n: tuple(v) if isinstance(v, list) else v for n, v in record.items()}
    return Row(**{**values, "source": Source(record["source"]), "split": Split(record["split"])})


def _checked(table: pd.DataFrame) -> pd.DataFrame:
    try:
        SCHEMA.validate(table, lazy=True)
    except pa.errors.SchemaErrors as error:
        broken = list(dict.fromkeys(str(check) for check in error.failure_cases["check"]))
        raise SnapshotDamaged(
            f"The dataset breaks {len(broken)} of its rules: {'; '.join(broken[:_SHOWN])}. Nothing was written "
            "or used. Make a new one with `manage.py snapshot`."
        ) from None  # pandera's own error quotes rows
    return table
