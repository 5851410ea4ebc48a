"""Train or dev: phrasings by their text, reviewed utterances by their conversation, never by the row."""

import hashlib
from collections.abc import Sequence
from dataclasses import replace

from qa.services.snapshots.guarding import too_near
from qa.services.snapshots.rows import LeftOut, Row, Split

HELD_OUT_SHARE = 8
"""One group of conversations in so many is held out; the same share as of phrasings."""


def split_rows(rows: Sequence[Row], held_out_phrasings: frozenset[int]) -> list[Row]:
    """Put each row on its side.

    Phrasings are held out by `held_out_phrasings`, as calibration does. Reviewed utterances that share a conversation
    are one group, and a group is on one side: with a phrasing that was made of one of them if there is one, else
    by the hash of its first conversation. A visitor is known by nothing but a conversation's token, so a
    conversation's digest is a visitor's. What would be trained on and is nearly the same as what is held out is left
    out.

    Args:
        rows: In the order of their ids; their `split` is not looked at.
        held_out_phrasings: Ids of phrasings that are not trained on.
    """
    group_of = _groups(rows)
    members: dict[int, list[Row]] = {}
    for place, group in enumerate(group_of):
        members.setdefault(group, []).append(rows[place])
    sides = {group: _side_of_group(listed, held_out_phrasings) for group, listed in members.items()}
    placed = []
    for row, group in zip(rows, group_of, strict=True):
        side = sides[group]
        is_trained = row.phrasing_id is not None and row.phrasing_id not in held_out_phrasings
        if side == Split.DEV and is_trained:  # serving calibration takes it for known, a conversation-mate is held out
            placed.append(replace(row, split=Split.LEFT_OUT, left_out=LeftOut.CONVERSATION))
        else:
            placed.append(replace(row, split=side, left_out=""))
    return _guarded(placed)


def _groups(rows: Sequence[Row]) -> list[int]:
    """Return each row's group: the place of the first row that it is tied to by conversations."""
    parents = list(range(len(rows)))

    def root(place: int) -> int:
        while parents[place] != place:
            parents[place] = parents[parents[place]]
            place = parents[place]
        return place

    first_with: dict[str, int] = {}
    for place, row in enumerate(rows):
        for conversation in row.conversations:
            first, second = root(first_with.setdefault(conversation, place)), root(place)
            parents[max(first, second)] = min(first, second)
    return [root(place) for place in range(len(rows))]


def _side_of_group(members: Sequence[Row], held_out_phrasings: frozenset[int]) -> Split:
    phrasings = [row.phrasing_id for row in members if row.phrasing_id is not None]
    if phrasings:
        return Split.DEV if any(pk in held_out_phrasings for pk in phrasings) else Split.TRAIN
    # Members come in the order of their ids: what is asked later doesn't move a group to the other side.
    named = next((row.conversations[0] for row in members if row.conversations), members[0].text)
    held_out = hashlib.sha256(named.encode()).digest()[0] % HELD_OUT_SHARE == 0
    return Split.DEV if held_out else Split.TRAIN


def _guarded(rows: Sequence[Row]) -> list[Row]:
    train = [place for place, row in enumerate(rows) if row.split == Split.TRAIN]
    dev = [row.text for row in rows if row.split == Split.DEV]
    guarded = list(rows)
    for place in too_near([rows[place].text for place in train], dev):
        row = rows[train[place]]
        guarded[train[place]] = replace(row, split=Split.LEFT_OUT, left_out=LeftOut.NEAR_DUPLICATE)
    return guarded
