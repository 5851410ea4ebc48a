"""Two knowledge bases full of marked texts, and everybody who may knock: what the route matrix runs on."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import uuid4

from django.conf import settings
from django.contrib.auth.models import Group, User
from django.db import models
from django.test import Client
from django.utils import timezone

from qa.models import (
    AgentPresence,
    Alias,
    Answer,
    CannedReply,
    Conversation,
    Entry,
    Evidence,
    KnowledgeBase,
    Membership,
    MustAnswer,
    Note,
    Phrasing,
    Product,
    Release,
    ReviewItem,
    Role,
    Snapshot,
    Tag,
    Term,
    TrainingJob,
    Transition,
    Trial,
    Turn,
    Visitor,
    Widget,
)
from qa.services.reports import report_folder

OURS, THEIRS = "ours", "theirs"
VISITORS = ("nobody", "customer", "account", "staff")
"""Nobody signed in; a customer of THEIRS with their token; a signed-in account that is no staff, memberships or not;
staff without any role."""
ROLES = tuple(Role)
PEOPLE = (
    *VISITORS,
    *(f"{role} of {slug}" for slug in (OURS, THEIRS, "all") for role in ROLES),
    "superuser",
)
SEEN_BY: dict[str, set[str]] = {
    "name": set(ROLES),
    "published": set(ROLES),
    "draft": {Role.EDITOR},
    "phrasing": {Role.EDITOR, Role.REVIEWER},
    "term": {Role.EDITOR},
    "product": {Role.EDITOR},
    "must-answer": {Role.EDITOR},
    "canned": {Role.AGENT, Role.OPERATOR},
    "tag": {Role.AGENT, Role.OPERATOR},
    "turn": {Role.AGENT},
    "contact": {Role.AGENT},
    "visitor": {Role.AGENT, Role.OPERATOR},
    "note": {Role.AGENT},
    "review": {Role.REVIEWER, Role.EDITOR},
    "widget": {Role.AGENT, Role.OPERATOR},
    "secret": {Role.OPERATOR},
    "settings": {Role.OPERATOR},
    "figure": set(),
    "report": set(),
}
"""Texts that are planted in each knowledge base, and the roles with that knowledge base that may ever read them.
`figure` and `report` stand in what belongs to the whole installation."""
PUBLIC = {"name", "published"}
"""What the customers' pages show to anybody."""
SEEN_BY_ALL = {"figure": {Role.REVIEWER, Role.OPERATOR}, "report": {Role.REVIEWER, Role.OPERATOR}}
"""What a role with all knowledge bases opens besides."""


def mark(kind: str, slug: str) -> str:
    """Return the text that gives a leak away."""
    assert kind in SEEN_BY
    return f"{kind}-of-{slug}"


def forbidden_to(person: str, *, is_public: bool) -> set[str]:
    """Return the marked texts that somebody must never be shown; the customers' pages are public."""
    marks = {(kind, slug) for kind in SEEN_BY for slug in (OURS, THEIRS)}
    if person == "superuser":
        return set()
    role, _of, reach = person.partition(" of ")
    allowed = {
        (kind, slug)
        for kind, slug in marks
        if (is_public and kind in PUBLIC)
        or (reach in {slug, "all"} and role in SEEN_BY[kind])
        or (reach == "all" and role in SEEN_BY_ALL.get(kind, ()))
    }
    return {mark(kind, slug) for kind, slug in marks - allowed}


@dataclass
class World:
    """What there is: rows of OURS by model, the installation's rows, and a client for each person."""

    rows: dict[str, models.Model] = field(default_factory=dict)
    clients: dict[str, Client] = field(default_factory=dict)

    def pk(self, model: str) -> Any:
        """Return the number of OURS' row of a model, by its lower-case name."""
        return self.rows[model].pk


def make_world() -> World:
    """Fill both knowledge bases, make the installation's rows, and let everybody in as far as they get."""
    world = World()
    theirs: dict[str, models.Model] = {}
    for slug, rows in ((OURS, world.rows), (THEIRS, theirs)):
        rows.update((type(row)._meta.model_name or "", row) for row in _fill(slug))
    world.rows.update((type(row)._meta.model_name or "", row) for row in _installation())
    world.clients.update(_people(theirs["conversation"]))
    world.rows["user"] = User.objects.get(username="superuser")
    world.rows["membership"] = Membership.objects.get(user__username=f"agent of {OURS}")
    return world


def _fill(slug: str) -> Iterator[models.Model]:
    def m(kind: str) -> str:
        return mark(kind, slug)

    base = KnowledgeBase.objects.create(
        slug=slug, name=m("name"), name_en=m("name"), number_templates=f"{m('settings')}####"
    )
    yield base
    published = Entry.objects.create(knowledge_base=base, external_id=m("published"), status=Entry.Status.PUBLISHED)
    Answer.objects.create(entry=published, language="en", question=m("published"), text=m("published"))
    Phrasing.objects.create(entry=published, language="en", text=m("phrasing"))
    entry = Entry.objects.create(knowledge_base=base, external_id=m("draft"), category=m("draft"))
    yield entry
    yield Answer.objects.create(entry=entry, language="en", question=m("draft"), text=m("draft"))
    product = Product.objects.create(knowledge_base=base, code=m("product"), name_zh=m("product"))
    published.products.add(product)
    yield product
    term = Term.objects.create(knowledge_base=base, text=m("term"), definition_zh=m("term"))
    yield term
    yield Alias.objects.create(term=term, text=m("term"))
    yield MustAnswer.objects.create(knowledge_base=base, entry=published, text=m("must-answer"))
    yield CannedReply.objects.create(knowledge_base=base, shortcut=m("canned"), text_zh=m("canned"))
    widget = Widget.objects.create(
        knowledge_base=base,
        key=f"key-{slug}",
        name=m("widget"),
        identity_secret=m("secret"),
        origins="https://shop.example",
    )
    yield widget
    yield from _spoken(base, widget, published, m)


def _spoken(base: KnowledgeBase, widget: Widget, entry: Entry, m: Any) -> Iterator[models.Model]:
    visitor = Visitor.objects.create(widget=widget, external_id=m("visitor"), name=m("visitor"), email=m("visitor"))
    yield visitor
    conversation = Conversation.objects.create(
        knowledge_base=base,
        widget=widget,
        visitor=visitor,
        token_digest=Conversation.digest_of(f"token of {base.slug}"),
        state=Conversation.State.WAITING,
        waiting_since=timezone.now(),
        contact_name=m("contact"),
        contact_email=m("contact"),
        last_seq=2,
    )
    yield conversation
    asked = Turn.objects.create(
        conversation=conversation, seq=1, role="customer", kind="text", text=m("turn"), html=m("turn")
    )
    yield asked
    Turn.objects.create(conversation=conversation, seq=2, role="bot", kind="handoff", text=m("turn"), reply_to=asked)
    yield Note.objects.create(conversation=conversation, client_id=uuid4(), author=None, text=m("note"))
    yield Transition.objects.create(
        conversation=conversation, before="bot", after="waiting", actor="customer", reason=m("note")
    )
    tag = Tag.objects.create(knowledge_base=base, name=m("tag"))
    conversation.tags.add(tag)
    yield tag
    yield Evidence.objects.create(turn=asked, source="person", claim="unknown", weight=0.4)
    item = ReviewItem.objects.create(
        knowledge_base=base,
        text=m("review"),
        key=base.slug,
        proposal="entry",
        proposed_entry=entry,
        refreshed_at=timezone.now(),
    )
    item.occurrences.create(turn=asked, text=m("review"), key=base.slug, asked_at=asked.at)
    yield item


def _installation() -> Iterator[models.Model]:
    yield Group.objects.create(name="a group")
    yield Release.objects.create(reason="model", model_fingerprint="f" * 16, knowledge_revision=1, lexicon_revision=1)
    yield Snapshot.objects.create(sha256="ab" * 32, num_train=1, num_dev=1, num_left_out=0)
    figures = [
        {"knowledge_base": mark("figure", slug), "num_questions": 9, "live_top1": 0.5, "candidate_top1": 0.5}
        | {"live_joint": 0.5, "candidate_joint": 0.5}
        for slug in (OURS, THEIRS)
    ]
    trial = Trial.objects.create(candidate_fingerprint="c", is_blessed=True)
    _write_report(report_folder(trial.pk) / "report.html")
    yield trial
    _write_report(Path(settings.VAR_DIR) / "reports" / "training.html")
    yield TrainingJob.objects.create(
        trigger="button", report={"comparisons": figures}, report_path="training.html", state="queued"
    )


def _write_report(path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(" ".join(mark("report", slug) for slug in (OURS, THEIRS)))


def _people(conversation: models.Model) -> Iterator[tuple[str, Client]]:
    assert isinstance(conversation, Conversation)
    yield "nobody", _client()
    yield "customer", _client(authorization=f"Bearer token of {THEIRS}")
    yield "account", _signed_in("account", {OURS: ROLES}, is_staff=False)
    yield "staff", _signed_in("staff", {})
    for slug in (OURS, THEIRS, "all"):
        for role in ROLES:
            yield f"{role} of {slug}", _signed_in(f"{role} of {slug}", {slug: (role,)})
    yield "superuser", _signed_in("superuser", {}, is_superuser=True)


def _client(**headers: str) -> Client:
    # Not from this machine: some addresses are open to it alone.
    return Client(
        headers={"accept-language": "en", **headers}, REMOTE_ADDR="203.0.113.7", raise_request_exception=False
    )


def _signed_in(name: str, roles: dict[str, tuple[Role, ...]], **fields: bool) -> Client:
    user = User.objects.create(username=name, **{"is_staff": True, **fields})
    for slug, of_slug in roles.items():
        base = KnowledgeBase.objects.filter(slug=slug).first()  # none of the name "all"
        Membership.objects.bulk_create(Membership(user=user, knowledge_base=base, role=role) for role in of_slug)
    AgentPresence.objects.create(user=user, seen_at=timezone.now())
    client = _client()
    client.force_login(user)
    return client
