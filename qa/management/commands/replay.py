"""`manage.py replay`: what reviewing a part of the traffic is worth, on question sets that nobody here wrote."""

import json
from argparse import ArgumentParser
from pathlib import Path
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from qa.exceptions import QAError
from qa.progress import StageBar, native_messages_hidden

if TYPE_CHECKING:
    from qa.replaying.figures import Mean, Summary
    from qa.replaying.running import Plan, Replay


class Command(BaseCommand):
    """Replays held-out phrasings as traffic; a simulated reviewer labels what the loop proposes."""

    help = "Replay held-out phrasings as weekly traffic: accuracy with the loop, without it, and with random labels."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Name the files and the size."""
        parser.add_argument("--kb", type=Path, required=True, help="phrasings: some are known, the others are asked")
        parser.add_argument("--test", type=Path, required=True, help="questions to be measured on")
        parser.add_argument("--stream", type=Path, help="more traffic; labels that KB has not are out of scope")
        parser.add_argument("--per-entry", type=int, default=5, help="phrasings of an entry that are known at first")
        parser.add_argument("--lots", type=int, default=4, help="weeks")
        parser.add_argument("--share", type=float, default=0.2, help="of a week's questions that are reviewed")
        parser.add_argument("--seeds", type=int, default=5, help="drawings that are averaged")
        parser.add_argument("--train", action="store_true", help="train the encoder each week; slow")
        parser.add_argument("--title", default="", help="of the picture; the name of KB's folder by default")
        parser.add_argument("--out", type=Path, required=True, help="folder for replay.json and replay.png")

    def handle(self, *_args: Any, **options: Any) -> None:
        """Run it, print a table, write the report and the picture."""
        plan = _plan(options)
        with native_messages_hidden():
            import nlp.export.transformer  # noqa: F401  # TensorFlow, late: `manage.py help` stays fast
        from nlp.exceptions import NLPError
        from qa.replaying.figures import report_of, summarise
        from qa.replaying.picture import draw_curve

        try:
            with StageBar(self.stderr) as bar:
                replay = _replayed(options, plan, bar)
        except (QAError, NLPError) as error:
            raise CommandError(str(error)) from error
        summary = summarise(replay)
        self._print(replay, summary)
        out: Path = options["out"]
        out.mkdir(parents=True, exist_ok=True)
        report = {"kb": str(options["kb"]), "test": str(options["test"]), **report_of(replay, summary)}
        (out / "replay.json").write_text(json.dumps(report, indent=1) + "\n")
        draw_curve(out / "replay.png", summary, title=options["title"] or options["kb"].resolve().parent.name)

    def _print(self, replay: "Replay", summary: "Summary") -> None:
        from qa.replaying.running import Arm

        self.stdout.write(
            f"{replay.num_known} phrasings known at first, {replay.num_asked} questions in {replay.plan.num_lots} "
            f"weeks, {replay.num_test} to measure on ({replay.num_test_out_of_scope} out of scope), "
            f"{replay.plan.num_seeds} drawings; joint accuracy, 95 % intervals"
        )
        self.stdout.write(f"{'week':>5}{'labels':>8}{'loop':>20}{'random':>20}{'none':>20}")
        for week, num in enumerate(summary.num_reviewed):
            cells = "".join(f"{_in_words(summary.curves[arm][week]):>20}" for arm in Arm)
            self.stdout.write(f"{week:>5}{num:>8.0f}{cells}")
        self.stdout.write(f"the loop over week 0: {_in_words(summary.over_start, '+')} points")
        self.stdout.write(f"the loop over random: {_in_words(summary.over_random, '+')} points")


def _plan(options: dict[str, Any]) -> "Plan":
    from qa.replaying.running import Plan  # FAISS: late

    for name in ("per_entry", "lots", "seeds"):
        if options[name] < 1:
            raise CommandError(f"--{name.replace('_', '-')} {options[name]} is too few; expected 1 or more.")
    if not 0 < options["share"] <= 1:
        raise CommandError(f"--share {options['share']} is no share; expected above 0 and up to 1.")
    return Plan(options["per_entry"], options["lots"], options["share"], options["seeds"])


def _replayed(options: dict[str, Any], plan: "Plan", bar: StageBar) -> "Replay":
    from qa.benchmarking.files import read_benchmark_file
    from qa.replaying.encoders import prepare_encoder, retraining
    from qa.replaying.running import run_replay
    from qa.services.learning import read_companion, read_weights

    kb, test = read_benchmark_file(options["kb"]), read_benchmark_file(options["test"])
    stream = read_benchmark_file(options["stream"]) if options["stream"] else None
    weights, companion, models = read_weights(), read_companion(), Path(settings.VAR_DIR) / "benchmark"
    retrain = retraining(weights, companion, models, seed=0, progress=bar.update) if options["train"] else None
    encoder = prepare_encoder(kb, weights, companion, models)
    return run_replay(kb=kb, test=test, stream=stream, plan=plan, encoder=encoder, retrain=retrain, progress=bar.update)


def _in_words(mean: "Mean", sign: str = "") -> str:
    if mean.low is None or mean.high is None:
        return f"{100 * mean.value:{sign}.1f}"
    return f"{100 * mean.value:{sign}.1f} ({100 * mean.low:{sign}.1f}–{100 * mean.high:{sign}.1f})"
