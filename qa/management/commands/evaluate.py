"""`manage.py evaluate`: how well the live release answers labelled questions, and what each part of it adds."""

import json
from argparse import ArgumentParser
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from qa.exceptions import QAError
from qa.progress import StageBar, native_messages_hidden
from qa.verdict_lines import print_verdict

if TYPE_CHECKING:
    from qa.evaluating.running import Evaluation
    from qa.evaluating.verdicts import Verdict


DEFAULT_PROMISE = 0.95
"""What the figures are held against where neither the command nor the knowledge base promises anything."""


class Command(BaseCommand):
    """Asks the live release labelled questions; prints figures, writes a report with pictures."""

    help = "Measure the live release on label<TAB>text questions, and what each part of it adds."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the options."""
        parser.add_argument(
            "--questions", type=Path, metavar="FILE", help="label<TAB>text; needed, but for --gate, which has its own"
        )
        parser.add_argument("--knowledge-base", metavar="SLUG", help="Needed when there are several.")
        parser.add_argument("--report", type=Path, metavar="FOLDER", help="Write a page with pictures, and JSON.")
        parser.add_argument(
            "--language",
            choices=[code for code, _name in settings.LANGUAGES],
            default=settings.LANGUAGE_CODE,
            help="Of the page (default %(default)s).",
        )
        parser.add_argument(
            "--promise", type=float, help="Share of automatic answers to be right; the knowledge base's, or 0.95."
        )
        parser.add_argument("--no-ablations", action="store_true", help="Leave out what each part adds; faster.")
        parser.add_argument("--gate", action="store_true", help="Judge, and exit 1 where something became worse.")
        parser.add_argument("--candidate", metavar="FINGERPRINT", help="With --gate: the model; else the present code.")
        parser.add_argument(
            "--baseline",
            type=Path,
            metavar="FILE",
            help="With --gate: JSON of an earlier run, to hold the code against.",
        )
        parser.add_argument(
            "--acceptance", action="store_true", help="Write a report that proves a claim to a customer."
        )
        parser.add_argument("--claim", type=float, default=0.9, help="With --acceptance: the share that was claimed.")
        parser.add_argument("--written-by", metavar="WHO", help="With --acceptance: who wrote the questions.")
        parser.add_argument("--drawn", metavar="HOW", help="With --acceptance: how the questions were chosen.")
        parser.add_argument(
            "--key", type=Path, metavar="PEM", help="With --acceptance: private Ed25519 key to sign with."
        )
        parser.add_argument("--seed", type=int, default=0)
        parser.add_argument("--json", action="store_true", help="Print the figures as JSON, and nothing else.")

    def handle(self, *_args: Any, **options: Any) -> None:
        """Measure, write the report, print."""
        if options["promise"] is not None and not 0.5 <= options["promise"] < 1:
            raise CommandError(f"--promise {options['promise']} is no share; expected 0.5 up to below 1.")
        _check_gate(options)
        _check_acceptance(options)
        with native_messages_hidden():
            import nlp.encoder  # noqa: F401  # LiteRT and more, late: `manage.py help` stays fast
        from nlp.exceptions import NLPError
        from qa.evaluating.report import write_report

        page = None
        try:
            if options["gate"]:
                print_verdict(self._judge(options), self.stdout, as_json=options["json"])
                return
            if options["acceptance"]:
                self._accept(options)
                return
            evaluation = self._evaluate(options)
            if options["report"]:
                page = write_report(options["report"], evaluation, language=options["language"])
        except (QAError, NLPError) as error:
            raise CommandError(str(error)) from error
        if options["json"]:
            self.stdout.write(json.dumps(evaluation.to_json(), indent=2, ensure_ascii=False))
            return
        for line in _describe(evaluation):
            self.stdout.write(line)
        if page:
            self.stdout.write(f"Report: {page}")

    def _judge(self, options: dict[str, Any]) -> "Verdict":
        from qa.evaluating.live import choose_knowledge_base
        from qa.evaluating.questions import known_entries, read_questions
        from qa.services.judging import judge_candidate
        from qa.services.judging_code import judge_code

        base = question_set = None
        if options["questions"]:
            base = choose_knowledge_base(options["knowledge_base"])
            question_set = read_questions(options["questions"], known_entries(base))
        with StageBar(self.stderr) as bar:
            if options["candidate"]:
                return judge_candidate(
                    candidate_fingerprint=options["candidate"],
                    question_set=question_set,
                    progress=bar.update,
                    knowledge_base=base,
                )
            return judge_code(
                question_set=question_set, knowledge_base=base, baseline=options["baseline"], progress=bar.update
            )

    def _accept(self, options: dict[str, Any]) -> None:
        from qa.evaluating.acceptance import Origin, examine
        from qa.evaluating.acceptance_report import write_acceptance
        from qa.evaluating.live import choose_knowledge_base, load_live_bundle
        from qa.evaluating.questions import known_entries, read_questions
        from qa.evaluating.signing import read_private_key

        key = read_private_key(options["key"]) if options["key"] else None  # before the minute that asking takes
        base = choose_knowledge_base(options["knowledge_base"])
        question_set = read_questions(options["questions"], known_entries(base))
        with StageBar(self.stderr) as bar:
            bundle = load_live_bundle(progress=bar.update)
            acceptance = examine(
                bundle,
                base,
                question_set,
                claim=options["claim"],
                origin=Origin(options["written_by"], options["drawn"]),
                progress=bar.update,
            )
        report = write_acceptance(options["report"], acceptance, key=key, language=options["language"])
        if options["json"]:
            self.stdout.write(report.read_text(encoding="utf-8"))
            return
        for measure in acceptance.measures:
            share = measure.share
            self.stdout.write(
                f"{measure.name:9} {_percent(share.value):>6} of {share.of:5} ({_percent(share.low)}–"
                f"{_percent(share.high)}); at least {_percent(options['claim'])}: {measure.state}; to settle: "
                f"{measure.needed or 'no number in reach'}"
            )
        overlap = acceptance.overlap
        self.stdout.write(f"known before: {len(overlap.exact)} word for word, {len(overlap.near)} nearly")
        self.stdout.write(f"Report: {report}{'' if key else ' (not signed: no --key)'}")

    def _evaluate(self, options: dict[str, Any]) -> "Evaluation":
        from qa.evaluating.live import choose_knowledge_base, is_trained, load_live_bundle
        from qa.evaluating.questions import known_entries, read_questions
        from qa.evaluating.running import evaluate

        base = choose_knowledge_base(options["knowledge_base"])
        question_set = read_questions(options["questions"], known_entries(base))
        with StageBar(self.stderr) as bar:
            bundle = load_live_bundle(progress=bar.update)
            return evaluate(
                bundle,
                base,
                question_set,
                target=options["promise"] or base.promise_target or DEFAULT_PROMISE,
                with_ablations=not options["no_ablations"],
                is_trained=is_trained(bundle),
                seed=options["seed"],
                progress=bar.update,
            )


def _check_acceptance(options: dict[str, Any]) -> None:
    given = [name for name in ("written_by", "drawn", "key") if options[name]]
    if not options["acceptance"]:
        if given:
            raise CommandError(f"--{given[0].replace('_', '-')} is for --acceptance; give both.")
        return
    if options["gate"]:
        raise CommandError("--gate judges and --acceptance reports; give one of them.")
    if not 0.5 <= options["claim"] < 1:
        raise CommandError(f"--claim {options['claim']} is no share; expected 0.5 up to below 1.")
    asked = {
        "written_by": "--written-by 'who wrote the questions': a report without an author convinces nobody",
        "drawn": "--drawn 'how they were chosen', as in 'every 50th of the chats of May'",
        "report": "--report FOLDER to write to",
    }
    if missing := [words for name, words in asked.items() if not options[name]]:
        raise CommandError(f"An acceptance report needs {'; and '.join(missing)}.")


def _check_gate(options: dict[str, Any]) -> None:
    if options["gate"]:
        if options["candidate"] and options["baseline"]:
            raise CommandError(
                "--candidate is held against what is live, --baseline is for the code; give one of them."
            )
        return
    for option in ("candidate", "baseline"):
        if options[option]:
            raise CommandError(f"--{option} is for --gate; give both.")
    if not options["questions"]:
        raise CommandError("--questions FILE is needed; only --gate has questions of its own.")


def _describe(evaluation: "Evaluation") -> Iterator[str]:
    """Yield the lines of the table; nothing that a customer wrote is among them."""
    figures, decisions, promise = evaluation.figures, evaluation.figures.decisions, evaluation.figures.promise
    yield (
        f"Release {evaluation.subject.release} on {figures.n} questions ({figures.n_oos} out of scope) of "
        f"{evaluation.subject.knowledge_base}; per cent, with 95 % intervals."
    )
    top1 = figures.top1
    yield (
        f"top-1 {_percent(top1.value)} ({_percent(top1.low)}–{_percent(top1.high)})  MRR@10 {_percent(figures.mrr10)}  "
        f"recall@5 {_percent(figures.recall5)}  AUROC {_percent(figures.auroc)}  ECE {_percent(figures.ece)}"
    )
    for name, at in (("live", figures.live), ("oracle", figures.oracle)):
        joint, natural = (at.measured.joint, at.measured.natural) if at.measured else (None, None)
        yield f"joint {_percent(joint)}, natural mix {_percent(natural)} at the {name} threshold {at.threshold:.3f}"
    yield (
        f"answered right {decisions.answered_right}, answered wrong {decisions.answered_wrong}, asked back "
        f"{decisions.asked_back} (the right entry offered {decisions.right_offered}×), handed off "
        f"{decisions.handed_off}; joint as decided {_percent(decisions.joint)}"
    )
    right, state = promise.right, {True: "kept", False: "broken", None: "not shown either way"}[promise.kept]
    yield (
        f"promise {_percent(promise.target)}: {state}; {_percent(right.value)} of automatic answers right "
        f"({_percent(right.low)}–{_percent(right.high)}), coverage {_percent(promise.coverage)}, "
        f"reachable {_percent(promise.reachable_coverage)}"
    )
    yield f"\n{'questions':22}{'n':>6}{'top-1':>8}{'interval':>14}{'right':>8}{'declined':>14}"
    for one in evaluation.details.slices:
        interval = f"{_percent(one.top1.low)}–{_percent(one.top1.high)}" if one.top1.of else "–"
        declined = f"{_percent(one.declined.value)} of {one.declined.of}"
        yield (
            f"{f'{one.dimension} {one.value}':22}{one.top1.of:6}{_percent(one.top1.value):>8}{interval:>14}"
            f"{_percent(one.answered_right.value):>8}{declined:>14}"
        )
    if evaluation.ablations:
        yield from _describe_ablations(evaluation)


def _describe_ablations(evaluation: "Evaluation") -> Iterator[str]:
    yield f"\n{'system':22}{'top-1':>7}{'AUROC':>7}{'joint':>7}{'ECE':>7}   change of joint"
    for row in evaluation.ablations:
        change = row.joint_change
        words = f"{100 * change.value:+.1f} ({100 * change.low:+.1f} … {100 * change.high:+.1f})" if change else ""
        cells = "".join(f"{_percent(value):>7}" for value in (row.top1, row.auroc, row.joint, row.ece))
        yield f"{row.name:22}{cells}   {words}".rstrip()


def _percent(share: float | None) -> str:
    return "–" if share is None else f"{100 * share:.1f}"
