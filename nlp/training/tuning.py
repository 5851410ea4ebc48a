"""From pretrained weights and a company's phrasings to weights of its own: trained, then blended back."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import asdict, dataclass, replace

from nlp.exceptions import TrainingImpossible
from nlp.pretrained import PretrainedWeights
from nlp.training.companion import blend_companions, train_companion
from nlp.training.datasets import Example, label_texts
from nlp.training.full import train_encoder
from nlp.training.progress import StepDone
from nlp.training.run import TrainingSurroundings
from nlp.training.settings import TrainingReport, TrainingSettings
from nlp.training.supervised import planned_steps
from nlp.training.tuned_weights import averaged, retuned
from nlp.universal import UniversalWeights
from nlp.vocabulary import choose_pieces, general_words, trim

COMPANION_FOLDER = "companion"
"""Below the folders of checkpoints and of logs."""
TRANSFORMER_STEPS = 10
"""A step of the transformer takes about as long as so many of the companion; for the time left."""
TRAINED_SHARE = 0.7
"""Share of the trained layers in the blend, the rest is what they were before. Training wins top-1 and loses
out-of-scope detection; in between both are better than at either end (docs/decisions/0008-training.md), which holds
for the companion too (0018)."""


@dataclass(frozen=True)
class Tuned:
    """What came of a tuning.

    Attributes:
        weights: For `nlp.artifacts.prepare_model`.
        report: Of the transformer's training; of the companion's in a quick one, which leaves the transformer alone.
        settings: It was trained with these.
        companion: Trained too, where there is one.
        companion_report: Of its training, where both were trained.
    """

    weights: PretrainedWeights
    report: TrainingReport
    settings: TrainingSettings
    companion: UniversalWeights | None = None
    companion_report: TrainingReport | None = None

    @property
    def num_steps(self) -> int:
        """Steps of both trainings."""
        return self.report.num_steps + (self.companion_report.num_steps if self.companion_report else 0)

    @property
    def seconds(self) -> float:
        """Wall-clock time of both trainings."""
        return self.report.seconds + (self.companion_report.seconds if self.companion_report else 0.0)

    @property
    def record(self) -> dict[str, object]:
        """What the model's manifest says of it: plain JSON."""
        trained = {"settings": asdict(self.settings), "report": asdict(self.report), "trained_share": TRAINED_SHARE}
        if self.companion_report is None:
            return trained
        return {**trained, "companion": {"report": asdict(self.companion_report)}}


def tune(
    weights: PretrainedWeights,
    examples: Sequence[Example],
    settings: TrainingSettings,
    *,
    texts: Iterable[str],
    terms: Collection[str] = (),
    dev: Sequence[Example] = (),
    companion: UniversalWeights | None = None,
    surroundings: TrainingSurroundings | None = None,
) -> Tuned:
    """Train the encoder on labelled phrasings and blend the result with what it was.

    Args:
        weights: Pretrained.
        examples: Normalised phrasings with their entries.
        settings: Hyper-parameters, the seed among them.
        texts: The domain's texts, for the vocabulary; the same as for `prepare_model`.
        terms: Normalised jargon with tokens of its own; the same as for `prepare_model`.
        dev: Held-out phrasings, for early stopping.
        companion: Trained first where there is one, in a tenth of the time.
        surroundings: Callbacks, folders, devices.

    Raises:
        TrainingImpossible, TrainingDiverged, TrainingCancelled: In words; nothing was written.

    References:
        Wortsman et al., "Robust fine-tuning of zero-shot models", CVPR 2022.
    """
    around = surroundings or TrainingSurroundings()
    if settings.quick:
        return _tune_companion(weights, companion, examples, settings, dev, around)
    vocabulary, table = trim(weights, choose_pieces(weights, texts, general_words()), list(terms))
    if companion is None:
        trained, report = train_encoder(weights, table, vocabulary, examples, settings, dev=dev, surroundings=around)
        return Tuned(blend(weights, trained, TRAINED_SHARE), report, settings)
    settings.check()
    labelled, beside = label_texts(examples), settings.for_companion()
    first, second = planned_steps(labelled, beside), planned_steps(labelled, settings)
    moved, beside_report = train_companion(
        companion, examples, beside, dev=dev, surroundings=_of_companion(around, before=second)
    )
    trained, report = train_encoder(
        weights, table, vocabulary, examples, settings, dev=dev, surroundings=_of_transformer(around, after=first)
    )
    return Tuned(
        blend(weights, trained, TRAINED_SHARE),
        report,
        settings,
        blend_companions(companion, moved, TRAINED_SHARE),
        beside_report,
    )


def _tune_companion(
    weights: PretrainedWeights,
    companion: UniversalWeights | None,
    examples: Sequence[Example],
    settings: TrainingSettings,
    dev: Sequence[Example],
    around: TrainingSurroundings,
) -> Tuned:
    """Train the companion alone."""
    if companion is None:
        raise TrainingImpossible(
            "A quick training is one of the companion, and this installation has none (COMPANION). "
            "Train without --quick."
        )
    own = _of_companion(around, before=0)
    moved, report = train_companion(companion, examples, settings.for_companion(), dev=dev, surroundings=own)
    return Tuned(weights, report, settings, blend_companions(companion, moved, TRAINED_SHARE))


def _of_companion(around: TrainingSurroundings, *, before: int) -> TrainingSurroundings:
    """Give the companion's training folders of its own, and count the transformer's steps as still to come."""
    later = before * TRANSFORMER_STEPS
    step_s = 0.0

    def tell(done: StepDone) -> None:
        nonlocal step_s
        if around.progress:
            left = done.num_steps - done.step
            step_s = done.eta_s / left if left else step_s  # after the last step nothing tells how long one takes
            whole = replace(done, num_steps=done.num_steps + before, eta_s=step_s * (left + later))
            around.progress(replace(whole, work=done.step, all_work=done.num_steps + later))

    checkpoints, logs = (
        folder / COMPANION_FOLDER if folder else None for folder in (around.checkpoint_folder, around.log_folder)
    )
    return replace(around, progress=tell, checkpoint_folder=checkpoints, log_folder=logs)


def _of_transformer(around: TrainingSurroundings, *, after: int) -> TrainingSurroundings:
    """Count the companion's steps as done."""

    def tell(done: StepDone) -> None:
        if around.progress:
            both = replace(done, step=done.step + after, num_steps=done.num_steps + after)
            work, all_work = (after + steps * TRANSFORMER_STEPS for steps in (done.step, done.num_steps))
            around.progress(replace(both, work=work, all_work=all_work))

    return replace(around, progress=tell)


def blend(before: PretrainedWeights, after: PretrainedWeights, share: float) -> PretrainedWeights:
    """Average the layers of weights before and after a training.

    Args:
        share: Of `after`, 0 to 1.
    """
    trained = {name: tensor for name, tensor in after.tensors.items() if name.startswith("encoder.layer.")}
    layers = averaged(before.tensors, trained, share)
    return replace(retuned(before, layers, source=after.source), prefix=before.prefix)
