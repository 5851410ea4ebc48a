"""Errors of the understanding part; the engine translates them once."""


class NLPError(Exception):
    """Root of everything that nlp raises on purpose."""


class WeightsNotFound(NLPError):
    """Raised when a source of pretrained weights is not where it should be."""


class WeightsDamaged(NLPError):
    """Raised when pretrained weights are not the bytes, or not the shapes, that were expected."""


class ModelNotFound(NLPError):
    """Raised when a model directory or its manifest is missing."""


class ModelDamaged(NLPError):
    """Raised when a file of a model directory does not match its manifest."""


class ModelForeign(NLPError):
    """Raised when a model directory has a format that this version can't read, or is not signed with the key."""


class CalibrationImpossible(NLPError):
    """Raised when there are too few questions to fit a confidence on."""


class TrainingImpossible(NLPError):
    """Raised when there is nothing to learn from: fewer than two entries, or settings that contradict each other."""


class TrainingDiverged(NLPError):
    """Raised when the loss became NaN or infinite; nothing is returned and nothing was written over."""


class TrainingCancelled(NLPError):
    """Raised when training was told to stop; its last checkpoint can be resumed."""


class CheckpointForeign(NLPError):
    """Raised when a checkpoint belongs to another training, or can't be read."""


class CheckpointUnwritable(NLPError):
    """Raised when a checkpoint can't be written: no space, no permission."""
