"""A small knowledge base, by hand: twelve entries that an air-conditioner maker's customers ask about."""

from dataclasses import dataclass

from qa.models import Answer, Conversation, Entry, KnowledgeBase, Phrasing, Product, Term
from qa.services.conversations import NewTurn, open_conversation, record_turn
from qa.services.knowledge import sync_question_phrasings
from qa.services.releases import changing_knowledge, changing_lexicon

SLUG = "small"
CONTACT_ZH = "电话 400-1"
CONTACT_EN = "Call 400-1"


@dataclass(frozen=True)
class Written:
    """One entry as an editor writes it: question and answer in each language, then phrasings."""

    external_id: str
    zh: tuple[str, str] | None
    en: tuple[str, str] | None
    phrasings_zh: tuple[str, ...] = ()
    phrasings_en: tuple[str, ...] = ()
    is_emergency: bool = False


ENTRIES = (
    Written(
        "relocation-fee",
        ("移机怎么收费？", "移机费 **200 元**起。"),
        ("What does relocation cost?", "Relocation starts at **200 yuan**."),
        ("空调搬家多少钱", "移一下机要多少钱", "拆装一次收多少"),
        ("price for moving the unit", "how much to move my aircon to another flat"),
    ),
    Written(
        "water-leak",
        ("室内机漏水怎么办？", "先关机，检查排水管。"),
        ("Why does the indoor unit drip water?", "Switch it off and check the drain hose."),
        ("空调滴水", "里面的机子往下淌水", "墙上一直流水"),
        ("water is dripping from the indoor unit", "my ac leaks water on the floor"),
    ),
    Written(
        "warranty",
        ("保修期多久？", "整机六年。"),
        ("How long is the warranty?", "Six years for the whole unit."),
        ("质保几年", "坏了免费修到什么时候", "三包多长时间"),
        ("is my aircon still under warranty", "warranty period in years"),
    ),
    Written(
        "filter",
        ("滤网怎么清洗？", "取下后用清水冲，阴干。"),
        ("How do I clean the filter?", "Take it out, rinse it, let it dry in the shade."),
        ("过滤网脏了怎么洗", "多久洗一次滤网", "防尘网拆洗"),
        ("washing the air filter", "the filter is dusty, how to clean it"),
    ),
    Written(
        "invoice",
        ("怎么开发票？", "在订单页申请电子发票。"),
        ("How do I get an invoice?", "Ask for an electronic invoice on the order page."),
        ("发票在哪里开", "要公司抬头的增值税票", "忘了开票能补吗"),
        ("need a tax invoice for my order", "where to download the invoice"),
    ),
    Written(
        "wifi",
        ("遥控器配不上手机App怎么办？", "长按 WiFi 键五秒。"),
        ("How do I connect the unit to Wi-Fi?", "Hold the Wi-Fi key for five seconds."),
        ("手机连不上空调", "App 绑定不了设备", "wifi 配网失败"),
        ("cannot pair the app with the air conditioner", "wifi setup fails"),
    ),
    Written(
        "noise",
        ("外机噪音大怎么回事？", "检查支架和减震垫。"),
        ("Why is the outdoor unit noisy?", "Check the bracket and its rubber pads."),
        ("室外机嗡嗡响", "主机震动声音特别大", "晚上外面的机器吵得睡不着"),
        ("loud humming from the outside unit", "the condenser rattles"),
    ),
    Written(
        "smell",
        ("开机有异味怎么办？", "清洗蒸发器。"),
        ("Why does it smell musty?", "Have the evaporator cleaned."),
        ("吹出来的风有霉味", "空调一开就臭", "出风有酸味"),
        ("bad odour when it starts", "the air smells mouldy"),
    ),
    Written(
        "gas-smell",
        ("闻到燃气味怎么办？", "**马上离开**，到室外拨 119。"),
        ("I smell gas, what now?", "**Leave at once** and call 119 from outside."),
        ("厨房有煤气味", "感觉漏煤气了", "闻到天然气的味道"),
        ("there is a smell of gas in the room", "gas leak emergency"),
        is_emergency=True,
    ),
    Written(
        "code-e4",
        ("显示 E4 是什么意思？", "E4 是排气温度保护。"),
        ("What does error E4 mean?", "E4 is discharge temperature protection."),
        ("屏幕上跳 E4", "报 E4 停机", "e4 故障代码"),
        ("the display shows E4", "fault code e4"),
    ),
    Written(
        "manual",
        ("说明书在哪里下载？", "官网服务页。"),
        None,
        ("要一份使用手册", "电子版说明书", "说明书丢了", "pdf 说明书"),
    ),
    Written(
        "spare-parts",
        None,
        ("Where can I buy spare parts?", "In the parts shop on our site."),
        (),
        ("order a replacement remote", "buy a new drain hose", "parts for an older unit", "spare fan motor"),
    ),
)


def make_knowledge_base(slug: str = SLUG) -> KnowledgeBase:
    """Write the small knowledge base, as one release of knowledge and one of jargon."""
    base = KnowledgeBase.objects.create(
        slug=slug, name="小知识库", name_en="Small", contact_zh=CONTACT_ZH, contact_en=CONTACT_EN
    )
    with changing_knowledge() as revision:
        entries = [_write(base, written, revision) for written in ENTRIES]
        sync_question_phrasings(entries=entries)
    with changing_lexicon():
        term = Term.objects.create(knowledge_base=base, text="缺氟", language="zh")
        term.aliases.create(text="少氟")
        Term.objects.create(knowledge_base=base, text="E4", kind=Term.Kind.CODE)
    Product.objects.create(knowledge_base=base, code="split", name_zh="壁挂机", name_en="Split")
    return base


def make_entry(base: KnowledgeBase, external_id: str, question: str, answer: str, *phrasings: str) -> Entry:
    """Write and publish one English entry, as one release."""
    written = Written(external_id, None, (question, answer), (), phrasings)
    with changing_knowledge() as revision:
        entry = _write(base, written, revision)
        sync_question_phrasings(entries=[entry])
    return entry


def _write(base: KnowledgeBase, written: Written, revision: int) -> Entry:
    entry = Entry.objects.create(
        knowledge_base=base,
        external_id=written.external_id,
        status=Entry.Status.PUBLISHED,
        is_emergency=written.is_emergency,
        revision=revision,
    )
    for language, text in (("zh", written.zh), ("en", written.en)):
        if text is not None:
            Answer.objects.create(entry=entry, language=language, question=text[0], text=text[1])
    for language, phrasings in (("zh", written.phrasings_zh), ("en", written.phrasings_en)):
        Phrasing.objects.bulk_create(Phrasing(entry=entry, language=language, text=text) for text in phrasings)
    return entry


def make_conversation() -> Conversation:
    """Open a conversation; the knowledge base must be there."""
    return open_conversation(token=None, widget=None).conversation


def customer_says(text: str, **fields: object) -> NewTurn:
    """Make a customer's utterance that is still to be recorded."""
    from qa.models import Turn

    return NewTurn(Turn.Role.CUSTOMER, Turn.Kind.TEXT, text, **{"language": "en", **fields})  # type: ignore[arg-type]


def make_question(text: str, **fields: object) -> object:
    """Record a customer's utterance in a new conversation and return its turn."""
    return record_turn(conversation_id=make_conversation().pk, turn=customer_says(text, **fields))
