"""Hand-offs: who answers a conversation, step by step, each told to the customer (`qa.handing` has the table).

Rights are not checked here; pages, API and sockets ask `qa.selectors.access` first.
"""

from qa.services.handoff.asking import request_person
from qa.services.handoff.claiming import claim, return_to_bot, transfer
from qa.services.handoff.leaving import end, give_contact, leave_message, rate
from qa.services.handoff.linking import link_entry
from qa.services.handoff.passing import pass_time
from qa.services.handoff.receiving import Received, pending_message, receive_message
from qa.services.handoff.resolving import reopen, resolve
from qa.services.handoff.saying import say, send_entry
from qa.services.handoff.status import fresh_status, status_of

__all__ = [
    "Received",
    "claim",
    "end",
    "fresh_status",
    "give_contact",
    "leave_message",
    "link_entry",
    "pass_time",
    "pending_message",
    "rate",
    "receive_message",
    "reopen",
    "request_person",
    "resolve",
    "return_to_bot",
    "say",
    "send_entry",
    "status_of",
    "transfer",
]
