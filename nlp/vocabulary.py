"""The SentencePiece vocabulary: rebuilt from pieces and scores, trimmed to a domain, with jargon of its own."""

import io
import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache

import numpy as np
import numpy.typing as npt
import sentencepiece as spm
from sentencepiece import sentencepiece_model_pb2 as pb

from nlp.pretrained import PretrainedWeights
from nlp.text import normalise

SPECIAL_PIECES = ("<s>", "<pad>", "</s>", "<unk>")
BOS_ID, PAD_ID, EOS_ID, UNK_ID = range(4)
METASPACE = "\u2581"

_HAN, _LATIN = "CJK", "LATIN"
_HAN_PIECE = re.compile(f"^{METASPACE}?[\u3400-\u4dbf\u4e00-\u9fff]+$")
_SHORT_PIECE = re.compile(f"^{METASPACE}?(?:[ -~]{{1,3}}|[0-9]{{1,4}}|[^\\w\\s]{{1,2}})$")
NUM_WORDS_IN_CHINESE = 10_000
"""English words that are also kept as they stand inside Chinese, where no space precedes them."""
LEAST_SCRIPT_SHARE = 0.01
"""Share of a domain's letters from which a further script is one that it is written in."""
LONGEST_ACCENTED = 3
"""Characters of the longest pieces that are kept for accents: all words of all languages with some are too many."""
USER_DEFINED_SCORE = 0.0
"""SentencePiece takes a user-defined symbol wherever it matches, whatever its score."""


@dataclass(frozen=True)
class Vocabulary:
    """Pieces and scores in id order, the last `num_terms` of them jargon terms.

    The ids 0 to 3 are `<s> <pad> </s> <unk>` as in XLM-R.
    """

    pieces: tuple[str, ...]
    scores: tuple[float, ...]
    num_terms: int = 0

    def __len__(self) -> int:
        return len(self.pieces)

    def to_proto(self) -> bytes:
        """Serialise as a SentencePiece model, for `tensorflow_text` and `sentencepiece` alike."""
        model = pb.ModelProto()
        first_term = len(self.pieces) - self.num_terms
        for index, (text, score) in enumerate(zip(self.pieces, self.scores, strict=True)):
            piece = model.pieces.add(piece=text, score=score)
            piece.type = _piece_type(index, text, is_term=index >= first_term)
        trainer = model.trainer_spec
        trainer.model_type = pb.TrainerSpec.UNIGRAM
        trainer.vocab_size = len(self.pieces)
        trainer.bos_id, trainer.pad_id, trainer.eos_id, trainer.unk_id = BOS_ID, PAD_ID, EOS_ID, UNK_ID
        trainer.bos_piece, trainer.pad_piece, trainer.eos_piece, trainer.unk_piece = SPECIAL_PIECES
        normalizer = model.normalizer_spec
        normalizer.name = "nmt_nfkc"
        normalizer.precompiled_charsmap = _nmt_nfkc_map()
        normalizer.add_dummy_prefix = normalizer.remove_extra_whitespaces = normalizer.escape_whitespaces = True
        return bytes(model.SerializeToString())


def _piece_type(index: int, text: str, *, is_term: bool) -> "pb.ModelProto.SentencePiece.Type.ValueType":
    types = pb.ModelProto.SentencePiece
    if index == UNK_ID:
        return types.UNKNOWN
    if index < len(SPECIAL_PIECES) or text == "<mask>":
        return types.CONTROL
    return types.USER_DEFINED if is_term else types.NORMAL


@lru_cache(maxsize=1)
def _nmt_nfkc_map() -> bytes:
    # SentencePiece compiles its character maps into the library; training the smallest possible
    # model is its documented way to get one out.
    model = io.BytesIO()
    spm.SentencePieceTrainer.train(
        sentence_iterator=iter(["a b c d e f g"]),
        model_writer=model,
        vocab_size=12,
        hard_vocab_limit=False,
        normalization_rule_name="nmt_nfkc",
        minloglevel=2,
    )
    proto = pb.ModelProto.FromString(model.getvalue())
    return bytes(proto.normalizer_spec.precompiled_charsmap)


def full_vocabulary(weights: PretrainedWeights) -> Vocabulary:
    """Return the untrimmed vocabulary of some weights."""
    return Vocabulary(weights.pieces, tuple(float(s) for s in weights.scores))


def choose_pieces(weights: PretrainedWeights, texts: Iterable[str], general_words: Sequence[str]) -> list[int]:
    """Choose the ids of the pieces that a domain and its two languages need.

    Kept are: the specials; all single CJK characters and simplified Chinese pieces; short pieces of
    ASCII, digits and marks (nothing typed becomes unknown); the pieces of the domain's texts; the
    pieces of the most frequent English words, at the start of a word and behind a Chinese
    character; all pieces of a further script that the domain is written in (of Latin letters with accents, the short
    ones), so that its customers may use other words too. Everything is seen lower-cased, as `normalise` leaves it.

    Args:
        texts: The domain: phrasings, questions, terms.
        general_words: Frequent words of general language.

    Returns:
        Ascending ids of `weights.pieces`.
    """
    processor = spm.SentencePieceProcessor(model_proto=full_vocabulary(weights).to_proto())
    kept = set(range(len(SPECIAL_PIECES)))
    for index, piece in enumerate(weights.pieces):
        bare = piece.removeprefix(METASPACE)
        if (_HAN_PIECE.match(piece) and (len(bare) == 1 or normalise(bare) == bare)) or (
            _SHORT_PIECE.match(piece) and piece == piece.lower()
        ):
            kept.add(index)
    domain = [normalise(text) for text in texts]
    if scripts := _further_scripts(domain):
        kept.update(index for index, piece in enumerate(weights.pieces) if _is_written_in(piece, scripts))
    for ids in processor.encode(domain):
        kept.update(ids)
    for ids in processor.encode([weights.prefix + w.lower() for w in general_words]):
        kept.update(ids)
    for ids in processor.encode(["\u4e2d" + w.lower() for w in general_words[:NUM_WORDS_IN_CHINESE]]):
        kept.update(ids)
    return sorted(kept)


def _further_scripts(texts: Iterable[str]) -> frozenset[str]:
    """Return the scripts of texts besides Han and ASCII, LATIN for letters with accents."""
    letters = Counter(character for text in texts for character in text if character.isalpha())
    counts: Counter[str] = Counter()
    for letter, count in letters.items():
        if not letter.isascii():
            counts[_script(letter)] += count
    least = LEAST_SCRIPT_SHARE * letters.total()
    return frozenset(script for script, count in counts.items() if count >= least) - {_HAN}


def _is_written_in(piece: str, scripts: frozenset[str]) -> bool:
    bare = piece.removeprefix(METASPACE)
    if bare.isascii() or not bare.isalpha() or normalise(bare) != bare:
        return False
    found = {_script(letter) for letter in bare}
    if found == {_LATIN}:
        return _LATIN in scripts and len(bare) <= LONGEST_ACCENTED
    return bool(found & scripts) and found <= scripts | {_HAN}


@cache
def _script(letter: str) -> str:
    """Return a letter's script: by Unicode's rule the first word of its name."""
    return re.split("[ -]", unicodedata.name(letter, ""))[0]


@lru_cache(maxsize=1)
def general_words(num_words: int = 45_000) -> tuple[str, ...]:
    """Return the most frequent English words (wordfreq), the general reference for trimming."""
    import wordfreq  # reads its word lists on import; only needed when a model is prepared

    return tuple(wordfreq.top_n_list("en", num_words))


def trim(
    weights: PretrainedWeights, kept: Sequence[int], terms: Sequence[str] = ()
) -> tuple[Vocabulary, npt.NDArray[np.float32]]:
    """Cut vocabulary and word embeddings down to some pieces and give jargon terms tokens of their own.

    Args:
        kept: Ascending ids of pieces to keep; must begin with the four specials.
        terms: Normalised jargon terms; a new token starts as the mean of its pieces' embeddings.

    Returns:
        The vocabulary, and its embeddings: (num_pieces, hidden_dim) float32.
    """
    words = weights.tensors["embeddings.word_embeddings.weight"]
    pieces = [weights.pieces[i] for i in kept]
    scores = [float(weights.scores[i]) for i in kept]
    processor = spm.SentencePieceProcessor(model_proto=Vocabulary(tuple(pieces), tuple(scores)).to_proto())
    table = words[np.asarray(kept)]
    known = set(pieces)
    new = [t for t in dict.fromkeys(terms) if t and t not in known]
    if new:
        means = np.stack([table[_content_ids(processor, term)].mean(axis=0) for term in new])
        table = np.concatenate([table, means])
    scores += [USER_DEFINED_SCORE] * len(new)
    return Vocabulary((*pieces, *new), tuple(scores), num_terms=len(new)), table


def _content_ids(processor: spm.SentencePieceProcessor, term: str) -> list[int]:
    ids: list[int] = processor.encode(term)
    bare = [i for i in ids if processor.id_to_piece(i) != METASPACE]
    return bare or ids
