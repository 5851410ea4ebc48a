"""Words of danger, anger and of the wish for a person: what is heard, and what is not, in both languages."""

import json
from pathlib import Path

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


def test_questions_of_the_demonstration_hardly_ever_call_people() -> None:
    """What the knowledge base answers must not be taken for danger or anger: at most 1 of its phrasings in 100."""
    calls, num_asked = [], 0
    for path in Path(next(iter(demo.__path__)), "knowledge").glob("*.json"):
        for entry in json.loads(path.read_text())["entries"]:
            if entry["emergency"]:
                continue
            asked = [text for part in ("question", "phrasings") for text in texts_in(entry.get(part))]
            num_asked += len(asked)
            calls += [text for text in asked if heard(text).danger or heard(text).is_angry]
    assert num_asked > 1_000
    assert len(calls) < num_asked / 100, calls


def texts_in(part: object) -> list[str]:
    if isinstance(part, str):
        return [part]
    if isinstance(part, dict):
        part = list(part.values())
    return [text for inner in part for text in texts_in(inner)] if isinstance(part, list) else []
