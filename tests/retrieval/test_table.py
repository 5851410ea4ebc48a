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
        (Filter(without_phrasing=200), [True, False, True]),
        (Filter(without_phrasing=2), [True, True, True]),
        (Filter(without_entry=2), [True, False, True]),
        (Filter(without_entry=200), [True, True, True]),
        (Filter(language="zh", without_entry=1), [False, True, False]),
        (Filter(without_phrasing=100, without_entry=3), [False, True, False]),
    ],
)
def test_mask(where, mask):
    assert TABLE.mask(where).tolist() == mask


def test_empty_table_has_an_empty_mask():
    assert DocumentTable([]).mask(Filter(language="zh", product_id=1)).tolist() == []
