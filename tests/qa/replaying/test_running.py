"""Replayed traffic on an encoder of letters: the same cost for loop and chance, a fair start, nothing lost."""

import json
from collections.abc import Sequence
from io import StringIO
from itertools import product
from pathlib import Path

import numpy as np
import pytest
from django.core.management import CommandError, call_command

from qa.benchmarking.files import OUT_OF_SCOPE, LabelledText
from qa.replaying.choosing import choose_by_loop
from qa.replaying.encoders import prepare_encoder, retraining
from qa.replaying.figures import mean_of, report_of, summarise
from qa.replaying.learner import Learner, RememberingEncoder, number_entries
from qa.replaying.picture import draw_curve
from qa.replaying.running import Arm, Plan, Replay, run_replay
from tests.nlp.small_training import tiny_start
from tests.qa.services.review_fakes import LetterEncoder as Letters

SAID = {
    "leak": ("water leak", "dripping", "flooded hall", "puddle"),
    "noise": ("loud noise", "buzzing", "it rattles", "howl"),
    "invoice": ("tax invoice", "receipt", "my bill", "paperwork"),
    "warranty": ("free warranty", "guarantee", "coverage", "under two years"),
    "remote": ("remote control", "handset", "buttons", "clicker"),
    "filter": ("dusty filter", "mesh", "clean screen", "grime"),
}
"""What entries are called; who knows one word knows nothing of the others."""
WAYS = ("{}", "my {} please", "about the {}", "{} what now", "help with {}", "a {} again", "{} in the room", "is it {}")
TIMES = ("", " today", " since monday", " at night")
WORDS = [(label, word) for label, words in SAID.items() for word in words]
ROWS = [LabelledText(label, way.format(word) + at) for (label, word), way, at in product(WORDS, WAYS, TIMES)]
STRANGE = [LabelledText(OUT_OF_SCOPE, f"{what}{at}") for what in ("zeppelin mast", "quokka food") for at in TIMES]
TEST = [*(LabelledText(label, f"why {word}") for label, word in WORDS), *STRANGE]
PLAN = Plan(per_entry=2, num_lots=2, share=0.1, num_seeds=2)


class LetterEncoder(Letters):
    """Counts what it is asked to encode."""

    dim = 256

    def __init__(self) -> None:
        self.num_encoded = 0

    def encode(self, texts: Sequence[str]) -> np.ndarray:
        self.num_encoded += len(texts)
        return super().encode(texts)


def quiet(stage: str, done: int, of: int) -> None: ...


@pytest.fixture(scope="module")
def replay() -> Replay:
    return run_replay(kb=ROWS, test=TEST, stream=None, plan=PLAN, encoder=LetterEncoder(), progress=quiet)


def test_all_arms_start_alike_and_chance_costs_what_the_loop_does(replay: Replay) -> None:
    assert (replay.num_known, replay.num_asked, replay.num_test, replay.num_test_out_of_scope) == (12, 760, 28, 4)
    for loop, random, none in zip(*(replay.weeks[arm] for arm in Arm), strict=True):
        assert loop[0] == random[0] == none[0]
        assert [w.num_reviewed for w in loop] == [w.num_reviewed for w in random]
        assert 0 < loop[1].num_reviewed <= 38
        assert [(w.joint, w.num_reviewed) for w in none] == [(none[0].joint, 0)] * 3


def test_what_is_labelled_is_learned(replay: Replay) -> None:
    for weeks in (*replay.weeks[Arm.LOOP], *replay.weeks[Arm.RANDOM]):
        assert weeks[-1].joint > weeks[0].joint


def test_each_text_is_encoded_once() -> None:
    encoder = LetterEncoder()
    run_replay(kb=ROWS, test=TEST, stream=None, plan=PLAN, encoder=encoder, progress=quiet)
    assert encoder.num_encoded == len({row.text for row in (*ROWS, *TEST)})


def test_the_loop_asks_nothing_twice_and_nothing_that_is_known() -> None:
    known, lot = ROWS[::8], [ROWS[1], ROWS[1], ROWS[2], ROWS[0]]
    learner = Learner(known, LetterEncoder(), number_entries(known), seed=0)
    chosen = choose_by_loop(learner, lot, [ROWS[2]], 4)
    assert 3 not in chosen  # its very words are a phrasing
    assert {0, 1} & set(chosen) in ({0}, set())
    assert 2 not in chosen  # reviewed before


def test_training_takes_place_before_each_measurement() -> None:
    trained: list[int] = []

    def retrain(learner: Learner) -> Learner:
        trained.append(len(learner.rows))
        return learner.under(RememberingEncoder(LetterEncoder()), is_trained=True)

    plan = Plan(per_entry=2, num_lots=1, share=0.05, num_seeds=1)
    run_replay(kb=ROWS, test=TEST, stream=None, plan=plan, encoder=LetterEncoder(), retrain=retrain, progress=quiet)
    assert (trained[0], len(trained)) == (12, 3)
    assert trained[1] == trained[2] > 12


def test_the_encoder_is_trained_on_what_is_known(tmp_path: Path) -> None:
    weights = tiny_start()
    known = [LabelledText(label, way.format(word)) for label, word in WORDS for way in WAYS]
    encoder = prepare_encoder(known, weights, None, tmp_path)
    learner = Learner(known, encoder, number_entries(known), seed=0)
    trained = retraining(weights, None, tmp_path, seed=0, progress=quiet)(learner)
    assert trained.rows == learner.rows
    asked = [LabelledText("leak", "why water leak")]
    vectors = [one.vectors_of(one.ask(asked)) for one in (learner, trained)]
    assert not np.array_equal(*vectors)  # a tiny encoder moves little in so few steps


def test_differences_are_taken_within_a_seed(replay: Replay) -> None:
    summary = summarise(replay)
    gains = [weeks[-1].joint - weeks[0].joint for weeks in replay.weeks[Arm.LOOP]]
    assert summary.over_start.value == pytest.approx(np.mean(gains))
    report = report_of(replay, summary)
    assert json.loads(json.dumps(report))["joint"]["loop"][0] == pytest.approx(vars_of(summary.curves[Arm.LOOP][0]))


def vars_of(mean: object) -> dict[str, object]:
    return {name: getattr(mean, name) for name in ("value", "low", "high")}


def test_intervals_are_students() -> None:
    mean = mean_of([0.8, 0.9])
    assert mean.low is not None
    assert (mean.value, mean.value - mean.low) == (pytest.approx(0.85), pytest.approx(12.706 * 0.05, rel=1e-3))
    assert mean_of([0.8]).low is None


def test_the_picture_is_a_small_png(replay: Replay, tmp_path: Path) -> None:
    draw_curve(tmp_path / "curve.png", summarise(replay), title="letters")
    content = (tmp_path / "curve.png").read_bytes()
    assert content.startswith(b"\x89PNG")
    assert len(content) < 200_000


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (("--share", "0"), "--share 0.0 is no share"),
        (("--per-entry", "0"), "--per-entry 0 is too few"),
        ((), "There is no file nowhere.tsv"),
    ],
)
def test_the_command_refuses_in_words(options: tuple[str, ...], words: str, tmp_path: Path) -> None:
    with pytest.raises(CommandError, match=words):
        call_command(
            "replay", "--kb", "nowhere.tsv", "--test", "x.tsv", "--out", str(tmp_path), *options, stderr=StringIO()
        )
