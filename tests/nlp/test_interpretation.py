"""The façade: raw utterances in, normalised text, language, terms and vector out."""

import numpy as np
import pytest

from nlp.encoder import SentenceEncoder
from nlp.interpretation import Interpreter
from nlp.lexicon import Lexicon, LexiconTerm

pytestmark = pytest.mark.unit

LEXICON = Lexicon([LexiconTerm("缺氟", aliases=("少氟", "low refrigerant")), LexiconTerm("E1", "code")])


@pytest.fixture(scope="module")
def interpreter(tiny_encoder: SentenceEncoder) -> Interpreter:
    return Interpreter(tiny_encoder)


def test_interpret(interpreter: Interpreter) -> None:
    (understood,) = interpreter.interpret(["空調少氟？　顯示Ｅ１"], [LEXICON])
    assert understood.text == "空调少氟? 显示e1"
    assert understood.language == "zh"
    assert understood.terms == ("缺氟", "e1")
    assert [r.text for r in understood.readings] == ["空调少氟? 显示e1", "空调缺氟? 显示e1"]
    for reading in understood.readings:
        assert reading.vector.tobytes() == interpreter.encoder.encode([reading.text])[0].tobytes()


def test_interpret_gives_spellings_of_one_question_one_vector(interpreter: Interpreter) -> None:
    spellings = ["空調 不制冷？", "空调 不制冷?", " 空调　不制冷?\u200b"]
    assert len({i.readings[0].vector.tobytes() for i in interpreter.interpret(spellings, [LEXICON] * 3)}) == 1


def test_interpret_uses_each_utterance_with_its_own_lexicon(interpreter: Interpreter) -> None:
    other = Lexicon([LexiconTerm("漏氟", aliases=("少氟",))])
    understood = interpreter.interpret(["少氟"] * 3, [LEXICON, other, Lexicon()])
    assert [i.terms for i in understood] == [("缺氟",), ("漏氟",), ()]


@pytest.mark.parametrize("utterance", ["", " ", "\ud800", "\x00", "😡", "a" * 4000, "\u202e\ufeff"])
def test_interpret_survives_what_people_send(interpreter: Interpreter, utterance: str) -> None:
    (understood,) = interpreter.interpret([utterance], [LEXICON])
    (reading,) = understood.readings
    assert (reading.vector.shape, reading.vector.dtype) == ((8,), np.float32)
    assert np.linalg.norm(reading.vector) == pytest.approx(1.0)


def test_interpret_reads_a_text_in_the_lexicons_own_words_once(interpreter: Interpreter) -> None:
    own, without, other = interpreter.interpret(["空调缺氟", "空调不制冷", "low refrigerant"], [LEXICON] * 3)
    assert [len(i.readings) for i in (own, without)] == [1, 1]
    assert other.terms == ("缺氟",)


def test_interpret_reads_what_is_still_typed_in_the_lexicons_words_alone(interpreter: Interpreter) -> None:
    typed, asked = interpreter.interpret(["空调少氟"] * 2, [LEXICON] * 2, briefly=[True, False])
    assert [r.text for r in typed.readings] == ["空调缺氟"]
    assert [r.text for r in asked.readings] == ["空调少氟", "空调缺氟"]
    assert typed.text == asked.text
    assert typed.terms == asked.terms


def test_interpret_nothing(interpreter: Interpreter) -> None:
    assert interpreter.interpret([], []) == []


def test_interpret_needs_a_lexicon_each(interpreter: Interpreter) -> None:
    with pytest.raises(ValueError, match="shorter"):
        interpreter.interpret(["a", "b"], [LEXICON])
