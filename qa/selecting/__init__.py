"""Active learning: which utterances are worth a reviewer's second, which come first, which say the same. Pure."""

from qa.selecting.coverage import Choice, choose_covering
from qa.selecting.likeness import NEAR_DUPLICATE, FloatArray, group_near_duplicates
from qa.selecting.proposals import (
    ASKED_WORTH,
    CLOSE,
    MARGIN,
    NEW_WORTH,
    NUM_SUGGESTIONS,
    UNSURE_WORTH,
    Asked,
    Proposal,
    Reason,
    ReasonCode,
    Sign,
    propose,
    worth_of_group,
)

__all__ = [
    "ASKED_WORTH",
    "CLOSE",
    "MARGIN",
    "NEAR_DUPLICATE",
    "NEW_WORTH",
    "NUM_SUGGESTIONS",
    "UNSURE_WORTH",
    "Asked",
    "Choice",
    "FloatArray",
    "Proposal",
    "Reason",
    "ReasonCode",
    "Sign",
    "choose_covering",
    "group_near_duplicates",
    "propose",
    "worth_of_group",
]
