"""Sides: no conversation on two of them, nothing nearly alike on two of them, and phrasings where they must be."""

from collections import defaultdict

from hypothesis import given
from hypothesis import strategies as st

from qa.services.snapshots.guarding import LIMIT
from qa.services.snapshots.rows import LeftOut, Row, Source, Split
from qa.services.snapshots.splitting import split_rows
from tests.qa.services.snapshots.test_guarding import cosine


def make_row(number: int, text: str, conversations: tuple[str, ...], is_phrasing: bool) -> Row:
    return Row(
        row=f"{'phrasing' if is_phrasing else 'review'}-{number}",
        source=Source.PHRASING if is_phrasing else Source.REVIEWED,
        split=Split.TRAIN,
        left_out="",
        text=text,
        language="en",
        knowledge_base="small",
        entry="filter",
        entry_id=1,
        phrasing_id=number if is_phrasing else None,
        review_item_id=None if is_phrasing else number,
        conversations=conversations,
    )


WORDS = st.sampled_from(["wash the filter", "wash the filters", "clean it", "空调漏水怎么办", "空调漏水怎么办？"])
TEXTS = st.builds(" ".join, st.lists(WORDS, min_size=1, max_size=8))
CONVERSATIONS = st.lists(st.sampled_from("abcdefgh"), max_size=3, unique=True).map(tuple)
ROWS = st.lists(st.tuples(TEXTS, CONVERSATIONS, st.booleans(), st.booleans()), max_size=14)


@given(ROWS)
def test_no_conversation_and_no_question_is_on_two_sides(drawn: list[tuple[str, tuple[str, ...], bool, bool]]) -> None:
    rows = [make_row(n, text, said_in, is_phrasing) for n, (text, said_in, is_phrasing, _h) in enumerate(drawn)]
    held_out = frozenset(n for n, (*_, is_phrasing, is_held) in enumerate(drawn) if is_phrasing and is_held)
    placed = split_rows(rows, held_out)

    assert [row.row for row in placed] == [row.row for row in rows]
    sides: dict[str, set[Split]] = defaultdict(set)
    for row in placed:
        assert (row.split == Split.LEFT_OUT) is bool(row.left_out)
        for conversation in row.conversations:
            sides[conversation] |= {row.split} - {Split.LEFT_OUT}
        if row.phrasing_id in held_out:
            assert row.split == Split.DEV
        elif row.phrasing_id is not None:
            assert row.split != Split.DEV
    assert all(len(found) <= 1 for found in sides.values())
    dev = [row.text for row in placed if row.split == Split.DEV]
    for row in placed:
        if row.split == Split.TRAIN:
            assert all(row.text != text and cosine(row.text, text) < LIMIT for text in dev)
    assert split_rows(rows, held_out) == placed


def sides(*rows: Row, held_out: frozenset[int] = frozenset()) -> list[tuple[str, str]]:
    return [(str(row.split), row.left_out) for row in split_rows(rows, held_out)]


def test_reviews_are_held_out_by_their_first_conversation() -> None:
    found = [sides(make_row(1, "dusty", (f"conversation {n}",), is_phrasing=False))[0][0] for n in range(400)]
    assert 30 <= found.count("dev") <= 70
    # What is asked later in another conversation moves nothing.
    for n in range(40):
        later = make_row(2, "loud", (f"conversation {n}", f"conversation {n + 1}"), is_phrasing=False)
        first, second = sides(make_row(1, "dusty", (f"conversation {n}",), is_phrasing=False), later)
        assert first == second == (found[n], "")


def test_a_review_goes_with_the_phrasing_that_shares_its_conversation() -> None:
    for held_out, side in ((frozenset({1}), "dev"), (frozenset({3}), "train")):
        rows = [make_row(n, f"text {n}", ("c",), is_phrasing=n == 1) for n in (1, 2)]
        assert sides(*rows, held_out=held_out) == [(side, "")] * 2


def test_a_trained_phrasing_beside_a_held_out_one_is_left_out() -> None:
    rows = [make_row(n, f"text {n}", ("c",), is_phrasing=True) for n in (1, 2)]
    assert sides(*rows, held_out=frozenset({1})) == [("dev", ""), ("left_out", LeftOut.CONVERSATION)]


def test_a_near_duplicate_of_what_is_held_out_is_left_out() -> None:
    rows = [make_row(n, "why does it leak", (), is_phrasing=True) for n in (1, 2)]
    assert sides(*rows, held_out=frozenset({2})) == [("left_out", LeftOut.NEAR_DUPLICATE), ("dev", "")]
