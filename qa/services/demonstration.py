"""The demonstration: the after-sales service of a fictional maker of air conditioners and heat pumps."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from django.db import transaction

from qa.models import KnowledgeBase, Widget
from qa.services.importing import import_knowledge

DEMO_DIR = Path(__file__).resolve().parent.parent / "demo"
DEMO_SLUG = "lanchuan"
HERE = ("http://127.0.0.1:8000", "http://localhost:8000")
"""Where `make run` serves the shop page of the demonstration, unless it is told otherwise."""


@dataclass(frozen=True)
class DemonstrationReport:
    """What was loaded."""

    num_created: int
    num_phrasings: int
    num_terms: int


def load_demonstration() -> DemonstrationReport:
    """Make the demonstration knowledge base: products, terms, entries; all of it or nothing."""
    with transaction.atomic():
        base = KnowledgeBase.objects.create(
            slug=DEMO_SLUG,
            name="岚川空调服务",
            name_en="Lanchuan",
            contact_zh="人工客服 400-000-7755，每天 8:00–20:00；安全问题请拨同一号码按 9，24 小时有人接听。",
            contact_en="Our staff: 400-000-7755, daily 8:00–20:00; for safety matters press 9, round the clock.",
        )
        lists = ("products.json", "terms.json", "foreign.json")
        files = [*(DEMO_DIR / name for name in lists), *sorted((DEMO_DIR / "knowledge").glob("*.json"))]
        reports = [import_knowledge(path=path, knowledge_base=base) for path in files]
        _make_widget(base)
    return DemonstrationReport(
        sum(r.num_created for r in reports),
        sum(r.num_phrasings for r in reports),
        sum(r.num_terms for r in reports),
    )


def _make_widget(base: KnowledgeBase) -> Widget:
    return Widget.objects.create(
        name="岚川商城",
        knowledge_base=base,
        origins="\n".join(HERE),
        title_zh="岚川客服",
        title_en="Lanchuan support",
        greeting_zh="您好，空调的事尽管问。",
        greeting_en="Hello! Ask us anything about your air conditioner.",
        brand_color="#1d6fd1",
        hours="mon-sun 08:00-20:00",
    )


def let_demo_stand_at(*, origins: Sequence[str]) -> None:
    """Let the demonstration's widget stand on pages of this server, wherever it listens; make it if need be."""
    base = KnowledgeBase.objects.filter(slug=DEMO_SLUG).first()
    if base is None:
        return
    with transaction.atomic():
        widget = base.widgets.select_for_update().order_by("pk").first() or _make_widget(base)
        if missing := [origin for origin in origins if origin not in widget.origin_list]:
            widget.origins = "\n".join([*widget.origin_list, *missing])
            widget.save(update_fields=["origins", "updated_at"])
