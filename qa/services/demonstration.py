"""The demonstration: the after-sales service of a fictional maker of air conditioners and heat pumps."""

from dataclasses import dataclass
from pathlib import Path

from django.db import transaction

from qa.models import KnowledgeBase
from qa.services.importing import import_knowledge

DEMO_DIR = Path(__file__).resolve().parent.parent / "demo"
DEMO_SLUG = "lanchuan"


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
    return DemonstrationReport(
        sum(r.num_created for r in reports),
        sum(r.num_phrasings for r in reports),
        sum(r.num_terms for r in reports),
    )
