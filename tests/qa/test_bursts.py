"""Messages that look as if a piece followed: the rest is answered at once."""

import time

import pytest

from qa.bursts import looks_unfinished

UNFINISHED = """
你好|您好！|在吗？|请问|hi|Hello!|Good morning,|空调漏水，|my ac leaks,|就是那个……|空调坏了而且|it leaks and
It stopped because|问一下：|well...
"""
FINISHED = """
E4|保修多久|空调漏水|不制冷|转人工|water leak|warranty?|is it and?|brand|hi, how long is it?|???|。|what is that
你好，空调漏水怎么办？|空调漏水。
"""


@pytest.mark.parametrize("text", UNFINISHED.strip().replace("\n", "|").split("|"))
def test_unfinished(text: str) -> None:
    assert looks_unfinished(text)


@pytest.mark.parametrize("text", ["", *FINISHED.strip().replace("\n", "|").split("|")])
def test_finished(text: str) -> None:
    assert not looks_unfinished(text)


def test_looking_takes_no_time() -> None:
    started = time.thread_time()
    for _ in range(1_000):
        looks_unfinished("室内机漏水怎么办，墙上一直流水，地板都湿了")
    assert time.thread_time() - started < 0.5  # 1 ms would be noticed in every answer
    looks_unfinished("," * 4_000)
    looks_unfinished(" " * 4_000)
    assert time.thread_time() - started < 1.5
