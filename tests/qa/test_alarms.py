"""Words of danger, anger and of the wish for a person: what is heard, and what is not, in both languages."""

import json
from pathlib import Path
from typing import Any

import pytest

from nlp.text import normalise
from qa import demo
from qa.alarms import Alarms, Danger, read_alarms

GAS, FIRE, ELECTRIC = Danger.GAS, Danger.FIRE, Danger.ELECTRIC

DANGEROUS = [
    ("厨房有煤气味", GAS),
    ("家里好大的燃气味怎么办", GAS),
    ("好像燃氣洩漏了", GAS),
    ("天然气漏了！！", GAS),
    ("有股瓦斯味", GAS),
    ("闻到煤气的味道，空调还能开吗", GAS),
    ("I smell gas in the kitchen", GAS),
    ("there's a GAS LEAK", GAS),
    ("it smells like gas in here", GAS),
    ("空调冒烟了", FIRE),
    ("外机冒黑烟", FIRE),
    ("空調著火了", FIRE),
    ("插头那里有烧焦味", FIRE),
    ("开机没反应还冒烟", FIRE),
    ("不停冒烟", FIRE),
    ("不知道为什么冒烟", FIRE),
    ("刚才没有冒烟，现在冒烟了", FIRE),
    ("插座着火了没人管", FIRE),
    ("smoke is coming out of the unit", FIRE),
    ("The outdoor unit is on fire!", FIRE),
    ("it does not turn on and there is smoke", FIRE),
    ("a burning smell from the plug", FIRE),
    ("no noise but smoke everywhere", FIRE),
    ("我触电了", ELECTRIC),
    ("不小心触电了", ELECTRIC),
    ("空调漏电", ELECTRIC),
    ("空調漏電怎麼辦", ELECTRIC),
    ("是不是漏电了", ELECTRIC),
    ("摸外壳麻手", ELECTRIC),
    ("插座冒火花", ELECTRIC),
    ("摸一下被电了", ELECTRIC),
    ("I got an electric shock from the remote panel", ELECTRIC),
    ("the plug is sparking", ELECTRIC),
    ("my son was electrocuted", ELECTRIC),
]
HARMLESS = [
    "没有冒烟",
    "没有闻到煤气味",
    "没看到冒烟，就是不制冷",
    "不漏电，放心",
    "机器无冒烟现象",
    "触电保护器怎么装",
    "漏电保护开关跳闸了怎么办",
    "如何防止触电",
    "烟雾报警器和空调能装一起吗",
    "抽油烟机可以一起买吗",
    "空调不制冷",
    "外机冒白烟，是化霜吗",
    "有没有爆炸图",
    "got a shocking bill",
    "客户投诉制热差",
    "外机噪音大怎么回事？",
    "移机怎么收费？",
    "空调加氟多少钱",
    "开机有异味怎么办？",
    "there is no smoke",
    "I don't smell gas",
    "it never gave any sparks",
    "does the smoke detector work with the app",
    "how do I clean the filter?",
    "what does error E4 mean",
    "Is gas heating cheaper?",
    "",
    "???",
]
ANGRY = [
    "你们就是骗子",
    "我要投诉你们",
    "我要投訴！",
    "气死我了",
    "真是垃圾客服",
    "答非所问",
    "再不处理我就打12315",
    "This is ridiculous",
    "I am FURIOUS about this",
    "you are useless",
    "what a scam",
    "wtf",
]
CALM = [
    "怎么投诉",
    "投诉电话是多少",
    "滚筒洗衣机能用吗",
    "怎么退钱",
    "气味很大",
    "我没生气",
    "垃圾怎么处理",
    "how to file a complaint",
    "is it a useful feature",
    "the compressor has a rip in the foam",
]
WISHES = [
    "转人工",
    "人工",
    "人工客服",
    "我要人工",
    "请帮我转人工",
    "轉人工",
    "转人工！！",
    "能不能转人工客服",
    "找客服",
    "有问题，我要找真人",
    "给我转人工吧",
    "human",
    "Agent please",
    "I want to talk to a human",
    "can I speak to a real person?",
    "connect me to an agent",
    "talk to a representative",
]
NO_WISHES = [
    "人工费多少钱",
    "人工客服几点上班",
    "客服电话是多少",
    "上门的人工费怎么收",
    "我不要人工",
    "how many people can it cool for",
    "does the agent bring a ladder",
    "I don't want to talk to a human",
    "is the human detection sensor included",
]


def heard(text: str) -> Alarms:
    return read_alarms(normalise(text))


@pytest.mark.parametrize(("text", "danger"), DANGEROUS)
def test_danger_is_heard(text: str, danger: Danger) -> None:
    assert heard(text).danger == danger


@pytest.mark.parametrize("text", HARMLESS)
def test_what_is_denied_or_only_called_so_is_no_danger(text: str) -> None:
    assert heard(text) == Alarms()


@pytest.mark.parametrize("text", ANGRY)
def test_anger_is_heard(text: str) -> None:
    assert heard(text).is_angry


@pytest.mark.parametrize("text", CALM)
def test_questions_are_not_anger(text: str) -> None:
    assert not heard(text).is_angry


@pytest.mark.parametrize("text", WISHES)
def test_wish_for_a_person_is_heard(text: str) -> None:
    assert heard(text).wants_person


@pytest.mark.parametrize("text", NO_WISHES)
def test_talk_of_people_is_no_wish(text: str) -> None:
    assert not heard(text).wants_person


def test_danger_in_any_line_counts_and_gas_is_the_gravest() -> None:
    assert heard("空调坏了\n冒烟").danger == FIRE
    assert heard("冒烟，还有煤气味").danger == GAS


def test_a_long_text_is_read_in_no_time() -> None:
    import time

    started = time.thread_time()
    heard("不" * 4_000)
    heard("no smoke " * 450)
    heard("转人工" * 26)
    assert time.thread_time() - started < 1.0


SAYINGS = [line.split("\t") for line in Path(__file__).with_name("alarm_sayings.tsv").read_text().splitlines()[1:]]


def test_no_danger_of_the_labelled_sayings_is_missed() -> None:
    dangers = [(text, Danger(kind)) for kind, text in SAYINGS if kind != "none"]
    assert len(dangers) >= 120
    assert [(text, kind) for text, kind in dangers if heard(text).danger != kind] == []


def test_near_misses_that_are_taken_for_danger_are_counted() -> None:
    """Heat that people exaggerate can't be told from fire by its words; it is rather heard once too often."""
    harmless = [text for kind, text in SAYINGS if kind == "none"]
    assert len(harmless) >= 120
    assert [text for text in harmless if heard(text).danger] == [
        "夏天太热要着火了，怎么降温最快",
        "my phone is on fire with your messages",
    ]


@pytest.mark.parametrize(
    ("text", "danger"),
    [
        ("外机冒烟", FIRE),
        ("外机冒烟，没有味道", None),
        ("外机冒烟，没有味道，有火苗", FIRE),
        ("刚装的空调冒烟了", FIRE),
        ("刚装的空调有胶皮味", None),
        ("半夜有胶皮味", FIRE),
        ("smoke from the outdoor unit, no smell", None),
        ("black smoke from the outdoor unit, no smell", FIRE),
        ("is it on fire or just steam", None),
        ("the smoke alarm", None),
        ("the smoke alarm is going off", FIRE),
        ("煤气报警器多少钱", None),
        ("煤气报警器响了", GAS),
        ("恐怕漏电了", ELECTRIC),
        ("怕漏电", None),
        ("外壳带电", ELECTRIC),
        ("外机带电辅热吗", None),
    ],
)
def test_what_decides_between_danger_and_none(text: str, danger: Danger | None) -> None:
    assert heard(text).danger == danger


def test_questions_of_the_demonstration_hardly_ever_call_people() -> None:
    """What the knowledge base answers must not be taken for danger; three sayings can't be told from it by words."""
    calm, angry, num_asked = [], [], 0
    for entry in demonstration():
        if entry["emergency"]:
            continue
        asked = asked_in(entry)
        num_asked += len(asked)
        calm += [text for text in asked if heard(text).danger]
        angry += [text for text in asked if heard(text).is_angry]
    assert num_asked > 3_000
    assert calm == ["外机冒烟几分钟又没了", "邻居说我家外机冒烟，我看屏幕是H1", "neighbor says my heat pump is smoking"]
    assert len(angry) <= 6, angry


@pytest.mark.parametrize("file", ["dev.tsv", "dev_jargon.tsv"])
def test_development_questions_call_people_for_emergencies_only(file: str) -> None:
    rows = [line.split("\t") for line in Path(next(iter(demo.__path__)), file).read_text().splitlines()[1:]]
    assert [text for label, text in rows if heard(text).danger and not label.startswith("safety-")] == []
    of_danger = {"safety-smoke", "safety-shock", "safety-gas-smell"}
    assert [text for label, text in rows if label in of_danger and not heard(text).danger] == []


def test_emergencies_of_the_demonstration_are_heard() -> None:
    """Gas, fire and shock in the demonstration's own words; two of them name no danger."""
    of_danger = {"safety-smoke", "safety-shock", "safety-gas-smell"}
    asked = [text for entry in demonstration() if entry["external_id"] in of_danger for text in asked_in(entry)]
    assert len(asked) > 60
    assert [text for text in asked if not heard(text).danger] == [
        "Crackling, then a flash and a haze in the room. What should we do right now?",
        "He can't let go of the unit, should I pull him off?",
    ]


def demonstration() -> list[dict[str, Any]]:
    files = sorted(Path(next(iter(demo.__path__)), "knowledge").glob("*.json"))
    return [entry for path in files for entry in json.loads(path.read_text())["entries"]]


def asked_in(entry: dict[str, Any]) -> list[str]:
    return [text for part in ("question", "phrasings") for text in texts_in(entry.get(part))]


def texts_in(part: object) -> list[str]:
    if isinstance(part, str):
        return [part]
    if isinstance(part, dict):
        part = list(part.values())
    return [text for inner in part for text in texts_in(inner)] if isinstance(part, list) else []
