import pytest

from retrieval.documents import Filter
from retrieval.table import DocumentTable
from tests.retrieval.factories import make_document

pytestmark = pytest.mark.unit

TABLE = DocumentTable(
    [
        make_document(1, language="zh", product_ids=()),
        make_document(2, language="zh", product_ids=(7,)),
        make_document(3, language="en", product_ids=(7, 8)),
    ]
)


@pytest.mark.parametrize(
    ("where", "mask"),
    [
        (Filter(), [True, True, True]),
        (Filter(language="zh"), [True, True, False]),
        (Filter(language="fr"), [False, False, False]),
        (Filter(product_id=7), [True, True, True]),
        (Filter(product_id=8), [True, False, True]),
        (Filter(product_id=9), [True, False, False]),
        (Filter(language="en", product_id=8), [False, False, True]),
        (Filter(language="zh", product_id=7), [True, True, False]),
        (Filter(language="zh", product_id=9), [True, False, False]),
    ],
)
def test_mask(where, mask):
    assert TABLE.mask(where).tolist() == mask


def test_empty_table_has_an_empty_mask():
    assert DocumentTable([]).mask(Filter(language="zh", product_id=1)).tolist() == []


def test_columns_are_those_of_the_documents():
    table = DocumentTable([make_document(4, 1), make_document(2, 0, is_answer=True)])
    assert table.entry_ids.tolist() == [4, 2]
    assert table.phrasing_ids.tolist() == [401, 200]
    assert table.is_answer.tolist() == [False, True]
    assert table.entries.tolist() == [2, 4]
    assert table.groups.tolist() == [1, 0]
    assert table.counts.tolist() == [1, 1]
    assert table.is_outside.tolist() == [False, False]
    assert table.outside_rows.tolist() == []


def test_topics_to_decline_are_told_by_entry_and_by_row():
    table = DocumentTable(
        [make_document(4, 0, is_out_of_scope=True), make_document(2), make_document(4, 1, is_out_of_scope=True)]
    )
    assert table.is_outside.tolist() == [False, True]
    assert table.outside_rows.tolist() == [0, 2]
    assert table.counts.tolist() == [1, 2]
