"""Words that may mean the same: they stand for each other in the same entries of a knowledge base."""

import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
from ahocorasick_rs import AhoCorasick, MatchKind
from scipy.sparse import csr_matrix

from nlp.jargon.spacing import stands_alone
from nlp.lexicon import Lexicon
from nlp.text import normalise

_MIN_FREQUENCY = 3  # phrasings
_SHORTEST_FRAME = 3  # characters around the slot
_FRAME_BONUS = 0.5
"""What a sentence adds that occurs with either word in one place."""
_MIN_SCORE = 0.3
_DIGIT = re.compile("[0-9]")  # codes and model numbers have no synonyms
_HAN = re.compile("[\u3400-\u9fff]")


@dataclass(frozen=True, slots=True)
class ProposedAlias:
    """Two words that may be names of one term, with what speaks for it.

    Attributes:
        term: The one that is in the lexicon, or the more frequent one.
        alias: The other one.
        score: 0 to 2, for ranking: likeness of the entries that they occur in, with a bonus for frames.
        num_entries: Entries that both occur in.
        num_frames: Sentences of one entry that are equal but for these two words.
        examples: A text with each.
    """

    term: str
    alias: str
    score: float
    num_entries: int
    num_frames: int
    examples: tuple[str, str]


@dataclass(frozen=True, slots=True)
class _Occurrence:
    entry: int
    text: int
    word: int
    frame: tuple[str, str]


@dataclass(frozen=True, slots=True)
class _Pair:
    first: int
    second: int
    score: float
    num_entries: int
    num_frames: int


def mine_aliases(
    entries: Sequence[Sequence[str]], words: Sequence[str], lexicon: Lexicon, *, limit: int = 100
) -> list[ProposedAlias]:
    """Propose pairs of words, in one language or across two, that name the same thing.

    Synonyms occur in the same entries, but seldom in one sentence; words that go together occur in both.

    Args:
        entries: The phrasings of each entry, as they were written.
        words: What may be paired, normalised: proposed terms and the lexicon's surfaces.
        lexicon: Pairs that it holds already are left out, and pairs of two of its terms.
        limit: Most proposals.

    Returns:
        Proposals, best first.
    """
    words = [w for w in dict.fromkeys((*lexicon.surfaces, *words)) if not _DIGIT.search(w)]
    if not words:
        return []
    texts = [(number, given) for number, phrasings in enumerate(entries) for given in phrasings]
    found = list(_occurrences(texts, words))
    frequencies = Counter(word for word, _ in {(o.word, o.text) for o in found})
    together = Counter(_pairs_in_one_text(found))
    frames = _shared_frames(found)
    likeness = _likeness(found, len(words), len(entries))
    scored: list[_Pair] = []
    for first, second in {*likeness, *frames}:
        rarer = min(frequencies[first], frequencies[second])
        num_frames = frames[first, second]
        if (rarer >= _MIN_FREQUENCY or num_frames) and _may_be_one(words[first], words[second], lexicon):
            cosine, num_entries = likeness.get((first, second), (0.0, 1))
            # Few entries are little evidence: one that both occur in may be chance.
            known = cosine * num_entries / (num_entries + 1) + _FRAME_BONUS * min(num_frames, 2)
            scored.append(_Pair(first, second, known * (1 - together[first, second] / rarer), num_entries, num_frames))
    best = _best_partners(scored, words)
    chosen = [p for p in scored if p.score >= _MIN_SCORE and p in best]
    chosen.sort(key=lambda p: (-p.score, p.first, p.second))
    return [_proposal(pair, words, frequencies, lexicon, texts, found) for pair in chosen[:limit]]


def _best_partners(pairs: Sequence[_Pair], words: Sequence[str]) -> set[_Pair]:
    """Keep the pairs in which each word is the other's best partner of its script."""
    best: dict[tuple[int, bool], float] = {}
    for pair in pairs:
        for word, other in ((pair.first, pair.second), (pair.second, pair.first)):
            key = word, _is_han(words[other])
            best[key] = max(best.get(key, 0.0), pair.score)
    return {
        pair
        for pair in pairs
        if best[pair.first, _is_han(words[pair.second])] == pair.score
        and best[pair.second, _is_han(words[pair.first])] == pair.score
    }


def _is_han(word: str) -> bool:
    return _HAN.search(word) is not None


def _may_be_one(first: str, second: str, lexicon: Lexicon) -> bool:
    """Tell whether two words may be paired: not both known, and none inside the other."""
    known = first in lexicon.surfaces and second in lexicon.surfaces
    return not (known or first in second or second in first)


def _proposal(
    pair: _Pair,
    words: Sequence[str],
    frequencies: Mapping[int, int],
    lexicon: Lexicon,
    texts: Sequence[tuple[int, str]],
    found: Sequence[_Occurrence],
) -> ProposedAlias:
    first, second = sorted(
        (pair.first, pair.second), key=lambda w: (words[w] not in lexicon.surfaces, -frequencies[w], words[w])
    )
    shared = {o.entry for o in found if o.word == first} & {o.entry for o in found if o.word == second}
    example, other = (
        next(texts[o.text][1] for o in found if o.word == word and o.entry in shared) for word in (first, second)
    )
    score = round(pair.score, 4)
    return ProposedAlias(words[first], words[second], score, pair.num_entries, pair.num_frames, (example, other))


def _occurrences(texts: Sequence[tuple[int, str]], words: Sequence[str]) -> Iterator[_Occurrence]:
    """Yield where words stand, the longest at each place only."""
    automaton = AhoCorasick(words, matchkind=MatchKind.LeftmostLongest)
    for number, (entry, given) in enumerate(texts):
        text = normalise(given)
        for word, start, end in automaton.find_matches_as_indexes(text):
            if stands_alone(text, start, end):
                yield _Occurrence(entry, number, word, (text[:start], text[end:]))


def _pairs_in_one_text(found: Sequence[_Occurrence]) -> Iterator[tuple[int, int]]:
    by_text: dict[int, set[int]] = defaultdict(set)
    for occurrence in found:
        by_text[occurrence.text].add(occurrence.word)
    for present in by_text.values():
        yield from combinations(sorted(present), 2)


def _shared_frames(found: Sequence[_Occurrence]) -> Counter[tuple[int, int]]:
    """Count the sentences of one entry that differ in nothing but two words."""
    by_frame: dict[tuple[int, str, str], set[int]] = defaultdict(set)
    for occurrence in found:
        if len("".join(occurrence.frame).strip()) >= _SHORTEST_FRAME:
            by_frame[occurrence.entry, *occurrence.frame].add(occurrence.word)
    return Counter(pair for present in by_frame.values() for pair in combinations(sorted(present), 2))


def _likeness(
    found: Sequence[_Occurrence], num_words: int, num_entries: int
) -> Mapping[tuple[int, int], tuple[float, int]]:
    """Return the likeness of each two words' entries (cosine, 0 to 1), and how many entries have both."""
    counts = csr_matrix(
        (np.ones(len(found), np.float32), ([o.word for o in found], [o.entry for o in found])),
        shape=(num_words, num_entries),
    )
    counts.sum_duplicates()
    shared = (counts > 0).astype(np.int32)
    weights = counts.log1p()
    spread = np.asarray(shared.sum(axis=0)).ravel()  # words an entry has: one with many tells little of each
    weights = weights.multiply(1 / np.log2(2 + spread)).tocsr()
    norms = np.sqrt(np.asarray(weights.multiply(weights).sum(axis=1)).ravel())
    scaled = weights.multiply(1 / np.maximum(norms, 1e-9)[:, None]).tocsr()
    cosines = (scaled @ scaled.T).tocoo()
    num_shared = (shared @ shared.T).tocsr()
    above = (cosines.row < cosines.col) & (cosines.data >= _MIN_SCORE)
    return {
        (int(a), int(b)): (float(cosine), int(num_shared[a, b]))
        for a, b, cosine in zip(cosines.row[above], cosines.col[above], cosines.data[above], strict=True)
    }
