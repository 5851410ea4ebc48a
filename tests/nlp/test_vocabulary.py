"""Vocabulary: the rebuilt SentencePiece model, trimming, and tokens for jargon."""

import numpy as np
import pytest
import sentencepiece as spm
import tensorflow as tf
import tensorflow_text as tf_text

from nlp.pretrained import PretrainedWeights
from nlp.text import normalise
from nlp.vocabulary import (
    METASPACE,
    SPECIAL_PIECES,
    Vocabulary,
    choose_pieces,
    full_vocabulary,
    general_words,
    trim,
)
from tests.nlp.sentences import SENTENCES

pytestmark = pytest.mark.unit

WORDS = "embeddings.word_embeddings.weight"
ODD = (
    "",
    " ",
    "e1",
    "ＫＦＲ－３５ＧＷ",
    "好热😡🔥",
    "a\tb",
    "龘",
    "<s>",
    "<unk>",
    "▁",
    "ﬁ",
    "0.5 mpa",
    "query: ",
    "ÀÉ",
)
QUESTIONS = [normalise(s) for s in SENTENCES]


def processor_of(vocabulary: Vocabulary) -> spm.SentencePieceProcessor:
    return spm.SentencePieceProcessor(model_proto=vocabulary.to_proto())


@pytest.fixture(scope="module")
def e5_full(e5_weights: PretrainedWeights) -> spm.SentencePieceProcessor:
    return processor_of(full_vocabulary(e5_weights))


@pytest.fixture(scope="module")
def e5_kept(e5_weights: PretrainedWeights) -> list[int]:
    return choose_pieces(e5_weights, SENTENCES, general_words())


@pytest.fixture(scope="module")
def e5_trimmed(e5_weights: PretrainedWeights, e5_kept: list[int]) -> Vocabulary:
    return trim(e5_weights, e5_kept, ("缺氟", "打压检漏"))[0]


def test_sentencepiece_and_tensorflow_text_give_the_same_ids(e5_trimmed: Vocabulary) -> None:
    texts = [*SENTENCES, *ODD, "又缺氟了", "打压检漏多久"]
    tokenizer = tf_text.SentencepieceTokenizer(
        model=e5_trimmed.to_proto(), out_type=tf.int32, add_bos=True, add_eos=True
    )
    expected = processor_of(e5_trimmed).encode(texts, add_bos=True, add_eos=True)
    assert tokenizer.tokenize(tf.constant(texts)).to_list() == expected


def test_full_vocabulary_tokenises_as_xlmr_does(e5_full: spm.SentencePieceProcessor) -> None:
    # Ids of XLM-R's published vocabulary, with its fairseq offset.
    assert e5_full.encode("query: hello world", add_bos=True, add_eos=True) == [0, 41, 1294, 12, 33600, 31, 8999, 2]


def test_specials_have_the_ids_of_xlmr(e5_trimmed: Vocabulary) -> None:
    processor = processor_of(e5_trimmed)
    assert [processor.id_to_piece(i) for i in range(4)] == list(SPECIAL_PIECES)
    assert (processor.bos_id(), processor.pad_id(), processor.eos_id(), processor.unk_id()) == (0, 1, 2, 3)


def test_special_pieces_in_a_text_are_no_specials(e5_trimmed: Vocabulary) -> None:
    assert not {0, 1, 2} & set(processor_of(e5_trimmed).encode("<s> <pad> </s>"))


def test_trimming_keeps_the_tokenisation_of_the_domain(
    e5_weights: PretrainedWeights, e5_full: spm.SentencePieceProcessor, e5_kept: list[int]
) -> None:
    trimmed = processor_of(trim(e5_weights, e5_kept)[0])
    assert [[e5_kept[i] for i in ids] for ids in trimmed.encode(QUESTIONS)] == e5_full.encode(QUESTIONS)


def test_trimming_keeps_about_an_eighth(e5_kept: list[int]) -> None:
    assert 25_000 < len(e5_kept) < 40_000


def test_trimming_keeps_every_single_cjk_character(e5_weights: PretrainedWeights, e5_kept: list[int]) -> None:
    single = {i for i, p in enumerate(e5_weights.pieces) if len(p) == 1 and "\u4e00" <= p <= "\u9fff"}
    assert single - set(e5_kept) == set()


def test_trimming_keeps_frequent_english_words(
    e5_weights: PretrainedWeights, e5_full: spm.SentencePieceProcessor, e5_kept: list[int]
) -> None:
    trimmed = processor_of(trim(e5_weights, e5_kept)[0])
    text = "query: please explain how the refrigerator thermostat controls temperature"
    assert trimmed.encode(text, out_type=str) == e5_full.encode(text, out_type=str)


def test_trimming_leaves_nothing_typed_unknown(e5_trimmed: Vocabulary) -> None:
    ascii_text = "".join(map(chr, range(33, 127))).lower()
    assert 3 not in processor_of(e5_trimmed).encode(ascii_text)


@pytest.mark.parametrize(
    ("known", "asked"),
    [
        ("как почистить фильтр кондиционера", "почему вентилятор так громко шумит ночью?"),
        ("エアコンの水漏れはどうすればいいですか", "リモコンの電池を交換したのに動きません"),
        ("에어컨에서 물이 새요", "리모컨이 갑자기 작동하지 않습니다"),
        ("kako očistiti filter klima-uređaja", "zašto noću žmirka žaruljica?"),
    ],
)
def test_words_of_a_third_language_that_no_text_has_are_not_unknown(
    e5_weights: PretrainedWeights, e5_full: spm.SentencePieceProcessor, known: str, asked: str
) -> None:
    trimmed = processor_of(trim(e5_weights, choose_pieces(e5_weights, [known], ()))[0])
    assert trimmed.unk_id() not in trimmed.encode(normalise(asked))
    if asked[0] != "z":  # words of Latin letters are kept where a text or English has them
        assert trimmed.encode(normalise(asked), out_type=str) == e5_full.encode(normalise(asked), out_type=str)


def test_a_few_letters_of_another_script_keep_no_pieces_of_it(e5_weights: PretrainedWeights) -> None:
    domain = [*SENTENCES * 10, "100 ω, 4.7 μf, où?"]
    with_them, without = (set(choose_pieces(e5_weights, texts, ())) for texts in (domain, SENTENCES))
    assert len(with_them - without) < 20


def test_trimmed_embeddings_are_those_of_the_kept_pieces(tiny_weights: PretrainedWeights) -> None:
    kept = [0, 1, 2, 3, 4, 9, 20]
    vocabulary, table = trim(tiny_weights, kept)
    assert vocabulary.pieces == tuple(tiny_weights.pieces[i] for i in kept)
    assert np.array_equal(table, tiny_weights.tensors[WORDS][kept])


def test_new_token_starts_as_the_mean_of_its_pieces(tiny_weights: PretrainedWeights) -> None:
    vocabulary, table = trim(tiny_weights, range(len(tiny_weights.pieces)), ("四通阀", "空调漏水"))
    rows = {p: tiny_weights.tensors[WORDS][i] for i, p in enumerate(tiny_weights.pieces)}
    assert vocabulary.pieces[-2:] == ("四通阀", "空调漏水")
    assert (vocabulary.num_terms, table.dtype) == (2, np.float32)
    assert np.allclose(table[-2], (rows["四"] + rows["通"] + rows["阀"]) / 3)
    assert np.allclose(table[-1], (rows[f"{METASPACE}空调"] + rows["漏"] + rows["水"]) / 3)


def test_term_is_one_token_in_context(tiny_weights: PretrainedWeights) -> None:
    vocabulary, _ = trim(tiny_weights, range(len(tiny_weights.pieces)), ("缺氟", "四通阀"))
    processor = processor_of(vocabulary)
    for text in ("缺氟", "外机缺氟了", "e1缺氟", "缺氟, 四通阀"):
        assert processor.encode(text, out_type=str).count("缺氟") == 1
    assert processor.encode("开四通阀水", out_type=str) == [METASPACE, "开", "四通阀", "水"]


def test_longer_of_two_terms_is_the_token(tiny_weights: PretrainedWeights) -> None:
    vocabulary, _ = trim(tiny_weights, range(len(tiny_weights.pieces)), ("四通", "四通阀"))
    assert processor_of(vocabulary).encode("四通阀四通", out_type=str) == [METASPACE, "四通阀", "四通"]


def test_terms_that_are_pieces_already_or_twice_get_no_second_token(tiny_weights: PretrainedWeights) -> None:
    vocabulary, table = trim(tiny_weights, range(len(tiny_weights.pieces)), ("空调", "缺氟", "缺氟", ""))
    assert vocabulary.pieces == (*tiny_weights.pieces, "缺氟")
    assert len(table) == len(vocabulary) == len(tiny_weights.pieces) + 1


def test_choose_pieces_keeps_specials_short_pieces_and_the_domain(tiny_weights: PretrainedWeights) -> None:
    kept = {tiny_weights.pieces[i] for i in choose_pieces(tiny_weights, ["No cold"], ())}
    assert {*SPECIAL_PIECES, f"{METASPACE}cold", f"{METASPACE}no", "a", "7", "ing"} <= kept
    assert f"{METASPACE}air" in kept  # short ASCII pieces stay even when the domain lacks them
