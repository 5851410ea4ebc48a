"""Puts sabotaged models of the real encoder on trial, in a demonstration installation of its own.

python -m tests.bench.judge_sabotage                      what needs no training: about five minutes
python -m tests.bench.judge_sabotage --train              trains an honest model and six sabotaged ones too: about an hour
python -m tests.bench.judge_sabotage --train --only shuffled-entry poison-5-1

Prints one line a candidate: what the judge said, what it should have said, and why. Exits with 1 where they differ, but
for poisoned rows: a candidate that they did no harm is blessed, and the line says so.
"""

import argparse
import os
import re
import shutil
import sys
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from nlp.artifacts import ModelDirectory
    from nlp.pretrained import PretrainedWeights
    from nlp.training.datasets import Example
    from nlp.universal import UniversalWeights
    from qa.evaluating.verdicts import Verdict

DEV = Path(__file__).resolve().parents[2] / "qa" / "demo" / "dev.tsv"
HAN = re.compile("[\u3400-\u9fff]")
POISON = {
    "poison-1-1": (0.01, 1),
    "poison-1-50": (0.01, 50),
    "poison-5-1": (0.05, 1),
    "poison-5-50": (0.05, 50),
}
UNTRAINED = ("equal", "broken-tokenizer", "forgotten-chinese", "missing-file")
TRAINED = ("honest", "shuffled-entry", "chinese-untaught", *POISON)
BLESSED = {"equal", "honest"}


@dataclass(frozen=True)
class Laboratory:
    """What candidates are made of."""

    weights: "PretrainedWeights"
    texts: tuple[str, ...]
    terms: tuple[str, ...]
    models: Path

    def model_of(
        self,
        weights: "PretrainedWeights",
        training: dict[str, object] | None = None,
        companion: "UniversalWeights | None" = None,
    ) -> "ModelDirectory":
        """Write weights as a model directory, beside the untrained companion if no other is given."""
        from nlp.artifacts import prepare_model
        from qa.services.learning import read_companion

        beside = companion or read_companion()
        return prepare_model(
            self.models, weights, texts=self.texts, terms=self.terms, training=training, companion=beside
        )


def broken_tokenizer(weights: "PretrainedWeights") -> "PretrainedWeights":
    """Give every piece another one's vector: texts are cut as ever, and mean nothing."""
    order = np.random.default_rng(0).permutation(len(weights.pieces) - 4) + 4
    pieces = (*weights.pieces[:4], *(weights.pieces[place] for place in order))
    scores = np.concatenate([weights.scores[:4], weights.scores[order]])
    return replace(weights, pieces=pieces, scores=scores, sha256=f"{weights.sha256[:56]}-tokens")


def forgotten_chinese(weights: "PretrainedWeights") -> "PretrainedWeights":
    """Make every Chinese piece an unknown one."""
    name = next(name for name in weights.tensors if name.endswith("word_embeddings.weight"))
    table = weights.tensors[name].copy()
    table[[place for place, piece in enumerate(weights.pieces) if HAN.search(piece)]] = table[3]
    return replace(weights, tensors={**weights.tensors, name: table}, sha256=f"{weights.sha256[:56]}-no-han")


def sabotaged(name: str, examples: "Sequence[Example]") -> "list[Example]":
    """Return a training set with one fault in it."""
    rng = np.random.default_rng(1)
    labels = sorted({example.label for example in examples})
    changed: dict[int, int] = {}
    if name == "shuffled-entry":
        victim = max(labels, key=[example.label for example in examples].count)
        changed = {row: int(rng.choice(labels)) for row, e in enumerate(examples) if e.label == victim}
    if name in POISON:
        share, num_visitors = POISON[name]
        rows = rng.permutation(len(examples))[: round(share * len(examples))]
        target = int(rng.choice(labels))
        changed = {int(row): target if num_visitors == 1 else int(rng.choice(labels)) for row in rows}
    kept = [replace(e, label=changed.get(row, e.label)) for row, e in enumerate(examples)]
    return [e for e in kept if not HAN.search(e.text)] if name == "chinese-untaught" else kept


def train(name: str, laboratory: Laboratory, max_steps: int) -> "ModelDirectory":
    """Train on the demonstration's phrasings, but for those that are held out, with one fault in them."""
    from nlp.training.datasets import Example
    from nlp.training.run import TrainingSurroundings
    from nlp.training.settings import TrainingSettings
    from nlp.training.tuning import tune
    from qa.engine.building import read_documents
    from qa.engine.calibrating import held_out_rows
    from qa.models import Entry
    from qa.services.learning import read_companion
    from qa.services.training_batches import nearest_by_faiss

    documents = read_documents(Entry.objects.published().values_list("pk", flat=True))
    held_out = set(held_out_rows(documents).tolist())
    examples = [
        Example(d.text, d.entry_id) for row, d in enumerate(documents) if row not in held_out and not d.is_out_of_scope
    ]
    tuned = tune(
        laboratory.weights,
        sabotaged(name, examples),
        TrainingSettings(max_steps=max_steps),
        texts=laboratory.texts,
        terms=laboratory.terms,
        dev=[Example(documents[row].text, documents[row].entry_id) for row in sorted(held_out)],
        companion=read_companion(),
        surroundings=TrainingSurroundings(nearest=nearest_by_faiss),
    )
    return laboratory.model_of(tuned.weights, tuned.record, tuned.companion)


def candidate(name: str, laboratory: Laboratory, live: str, max_steps: int) -> str:
    """Make a candidate; return its fingerprint."""
    made: dict[str, Callable[[PretrainedWeights], PretrainedWeights]] = {
        "broken-tokenizer": broken_tokenizer,
        "forgotten-chinese": forgotten_chinese,
    }
    if name == "equal":
        return live
    if name == "missing-file":
        shutil.copytree(laboratory.models / live, laboratory.models / "missing-file")
        next((laboratory.models / "missing-file" / "encoder").rglob("*.tflite")).unlink()
        return "missing-file"
    if name in made:
        return laboratory.model_of(made[name](laboratory.weights)).fingerprint
    return train(name, laboratory, max_steps).fingerprint


def told(name: str, verdict: "Verdict") -> bool:
    """Print what came of a candidate; tell whether it is what should have come of it."""
    said = "blessed" if verdict.is_blessed else "rejected"
    right = verdict.is_blessed == (name in BLESSED)
    overall = next((base.overall for base in verdict.bases if base.overall), None)
    figures = ""
    if overall:
        figures = (
            f" of {overall.num}: right {100 * overall.live_right:.1f} → {100 * overall.candidate_right:.1f} %, lost "
            f"{overall.lost}, gained {overall.gained}"
        )
    no_harm = " (no harm was done)" if name in POISON and verdict.is_blessed else ""
    print(f"{name:18} {said:9}{'' if right or no_harm else ' WRONG'}{no_harm}{figures}")
    for reason in verdict.reasons[:4]:
        print(f"{'':18} - {reason.to_json()['words']}")
    sys.stdout.flush()
    return right or name in POISON


def main() -> None:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--train", action="store_true")
    parser.add_argument("--only", nargs="+", choices=[*UNTRAINED, *TRAINED])
    parser.add_argument("--max-steps", type=int, default=1000)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="hangjia-judge-") as folder:
        os.environ |= {"HANGJIA_VAR": folder, "DJANGO_SETTINGS_MODULE": "qa.settings"}
        from tests.servers import install_demonstration

        install_demonstration(Path(folder))
        sys.exit(0 if hold(options) else 1)


def hold(options: argparse.Namespace) -> bool:
    """Try one candidate after the other; the trained ones against an honest trained model."""
    import django

    django.setup()
    from django.conf import settings

    from qa.evaluating.live import choose_knowledge_base
    from qa.evaluating.questions import known_entries, read_questions
    from qa.models import Release
    from qa.services.judging import judge_candidate
    from qa.services.learning import index_and_release, read_domain, read_weights
    from qa.services.promoting import live_release

    domain = read_domain()
    laboratory = Laboratory(read_weights(), domain.texts, domain.terms, Path(settings.MODELS_DIR))
    base = choose_knowledge_base(None)
    questions = read_questions(DEV, known_entries(base))
    wanted = options.only or [*UNTRAINED, *(TRAINED if options.train else ())]
    if options.train and "honest" not in wanted and set(wanted) & set(TRAINED):
        wanted = [*(name for name in wanted if name in UNTRAINED), "honest", *(n for n in wanted if n in TRAINED)]
    is_well = True
    for name in wanted:
        fingerprint = candidate(name, laboratory, live_release().model_fingerprint, options.max_steps)
        verdict = judge_candidate(
            candidate_fingerprint=fingerprint, question_set=questions, progress=lambda *_: None, knowledge_base=base
        )
        is_well &= told(name, verdict)
        if name == "honest" and verdict.is_blessed:
            index_and_release(model_fingerprint=fingerprint, reason=Release.Reason.PROMOTION, progress=lambda *_: None)
    return is_well


if __name__ == "__main__":
    main()
