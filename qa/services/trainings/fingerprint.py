"""What a trained model depends on besides its data: the code that trains, and the configuration."""

import ast
from dataclasses import asdict
from pathlib import Path

from django.conf import settings

CODE = ("training/*.py", "lexicon.py", "network.py", "pretrained/*.py", "text.py", "vocabulary.py")
"""Modules of nlp that weights come out of."""


def code_fingerprint() -> str:
    """Return a fingerprint that changes when training again would give another model from the same snapshot.

    Comments and layout don't count.
    """
    from nlp.hashing import fingerprint
    from nlp.training.settings import TrainingSettings  # SentencePiece: only where trainings are considered

    root = Path(settings.BASE_DIR) / "nlp"
    modules = sorted(path for pattern in CODE for path in root.glob(pattern))
    parsed = {path.relative_to(root).as_posix(): ast.dump(ast.parse(path.read_bytes())) for path in modules}
    return fingerprint([parsed, asdict(TrainingSettings()), settings.PRETRAINED, settings.COMPANION])
