"""`manage.py benchmark`: the real pipeline on a public question set, beside baselines."""

import json
import os
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from qa.benchmarking.files import read_benchmark_file
from qa.disk import disk_refusals_in_words
from qa.exceptions import QAError
from qa.progress import StageBar, native_messages_hidden

_COLUMNS = ("top1", "mrr10", "recall5", "auroc", "joint")


class Command(BaseCommand):
    """Builds a throw-away knowledge base, calibrates on DEV, measures on TEST."""

    help = "Measure the real pipeline and its baselines on label<TAB>text files."

    def add_arguments(self, parser: CommandParser) -> None:
        """Name the files."""
        parser.add_argument("--kb", type=Path, required=True, help="what the knowledge base knows")
        parser.add_argument("--test", type=Path, required=True, help="questions to be measured on")
        parser.add_argument("--dev", type=Path, help="questions for calibration and thresholds")
        parser.add_argument("--kb-holds", choices=["phrasings", "answers"], default="phrasings")
        training = parser.add_mutually_exclusive_group()
        training.add_argument(
            "--train", dest="training", action="store_const", const="full", help="train both encoders: minutes to hours"
        )
        training.add_argument(
            "--no-train", dest="training", action="store_const", const="none", help="take them as they were pretrained"
        )
        parser.set_defaults(training="quick")
        parser.add_argument("--promise", type=float, default=0.95, help="share of automatic answers to be right")
        parser.add_argument("--seed", type=int, default=0)
        parser.add_argument("--out", type=Path, help="write the report as JSON")
        parser.add_argument("--json", action="store_true", help="print the report as JSON and nothing else")

    def handle(self, *_args: Any, **options: Any) -> None:
        """Measure, print a table, write the report."""
        if not 0.5 <= options["promise"] < 1:
            raise CommandError(f"--promise {options['promise']} is no share; expected 0.5 up to below 1.")
        if options["out"]:
            _make_room(options["out"])
        with native_messages_hidden():
            import nlp.export.transformer  # noqa: F401  # TensorFlow, late: `manage.py help` stays fast
        from nlp.exceptions import NLPError
        from qa.benchmarking.running import run_benchmark
        from qa.services.learning import read_companion, read_weights

        try:
            with StageBar(self.stderr) as bar, disk_refusals_in_words():
                report = run_benchmark(
                    kb=read_benchmark_file(options["kb"]),
                    test=read_benchmark_file(options["test"]),
                    dev=read_benchmark_file(options["dev"]) if options["dev"] else None,
                    weights=read_weights(),
                    companion=read_companion(),
                    train=options["training"] != "none",
                    quick=options["training"] == "quick",
                    holds_answers=options["kb_holds"] == "answers",
                    models=Path(settings.VAR_DIR) / "benchmark",
                    target=options["promise"],
                    seed=options["seed"],
                    progress=bar.update,
                )
        except (QAError, NLPError) as error:
            raise CommandError(str(error)) from error
        as_json = json.dumps(report, indent=2)
        if options["json"]:
            self.stdout.write(as_json)
        else:
            self._print(report)
        if options["out"]:
            options["out"].write_text(as_json + "\n")

    def _print(self, report: dict[str, Any]) -> None:
        self.stdout.write(f"{'':10}" + "".join(f"{c:>9}" for c in _COLUMNS))
        for name, figures in {"hangjia": report, **report["baselines"]}.items():
            cells = ["–" if figures[c] is None else f"{100 * figures[c]:.1f}" for c in _COLUMNS]
            self.stdout.write(f"{name:10}" + "".join(f"{cell:>9}" for cell in cells))
        interval = "–".join(f"{100 * end:.1f}" for end in report["top1_ci95"] or ()) or "–"
        self.stdout.write(
            f"{report['n']} questions ({report['n_oos']} out of scope); top-1 95 % interval "
            f"{interval}; p50 {report['p50_ms']:.1f} ms, p95 {report['p95_ms']:.1f} ms, "
            f"{report['qps']:.0f} questions/s; peak {report['peak_rss_mb']:.0f} MB"
        )


def _make_room(out: Path) -> None:
    """Make sure that a report can be written there, before an hour is spent on it."""
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise CommandError(f"--out {out}: its folder can't be made ({error.strerror}). Name another one.") from error
    if out.is_dir() or not os.access(out if out.exists() else out.parent, os.W_OK):
        raise CommandError(f"--out {out} is no file that can be written. Name another one.")
