"""Proposing reviews: utterances that were answered wrongly, unsurely or not at all, de-identified and merged."""

from qa.services.proposing.workflow import ProposalReport, propose_reviews

__all__ = ["ProposalReport", "propose_reviews"]
