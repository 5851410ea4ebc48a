"""Postal addresses, Chinese and English. One part alone (3楼, 2号) is none: customers speak of their machines so."""

import re
from collections.abc import Iterator

from qa.privacy.spans import Kind, Span

# Words that stand before an address and are no part of one: 住在, 地址是, 送到 …
_HAN = r"(?:(?![在住到是往寄送我你他她的址了请把就])[\u4e00-\u9fff])"
_PROVINCE = (
    "(?:北京|上海|天津|重庆|河北|山西|辽宁|吉林|黑龙江|江苏|浙江|安徽|福建|江西|山东|河南|湖北|湖南|广东|海南|四川|贵州|"
    "云南|陕西|甘肃|青海|台湾|内蒙古|广西|西藏|宁夏|新疆|香港|澳门)(?:省|市|自治区|特别行政区)?"
)
# Atomic: the shortest name is taken for good, or a row of 区 would be split in every way there is.
_UNIT = rf"(?>{_HAN}{{2,7}}?(?:自治州|自治县|街道|市|区|县|旗|镇|乡|村))"
_ROAD = rf"(?>{_HAN}{{1,8}}?(?:大道|大街|胡同|路|街|巷|弄|道)(?:[东西南北中]段)?)"
_PLACE = (
    rf"(?>{_HAN}{{1,8}}?[A-Za-z0-9]{{0,3}}?(?:小区|花园|家园|公寓|新村|新城|大厦|广场|苑|府|庭|城|园)"
    r"(?:[一二三四五六七八九\d]期)?)"
)
_COUNT = r"(?:\d{1,5}|[一二三四五六七八九十百]{1,4})"
_DOOR = rf"{_COUNT}(?:之{_COUNT}|-\d{{1,4}})?(?:号院|号楼|号|弄|栋|幢|座|单元|层|楼|室|户|门)"
_ROOM = r"(?:[A-Za-z]?\d{1,3}(?:-\d{1,4}){1,3}|[A-Z]座|\d{3,4}(?!\d|匹|[wW]|元|年|转|[A-Za-z]))"
_TAIL = rf"(?:[ ,]?(?:{_DOOR}|{_ROOM}))"
_DETAIL = rf"(?:{_TAIL}|[ ,]?{_PLACE}(?={_TAIL})){{0,8}}"
_REGION = rf"(?:{_PROVINCE}[ ,]?)?(?:{_UNIT}[ ,]?){{1,4}}"
_CHINESE = re.compile(
    rf"{_REGION}{_ROAD}{_DETAIL}"
    rf"|{_PROVINCE}[ ,]?(?:{_UNIT}[ ,]?){{0,4}}(?:{_ROAD}(?:{_PLACE})?|{_PLACE}){_TAIL}{_DETAIL}"
    rf"|{_REGION}(?:{_PLACE})?{_TAIL}{{1,6}}"
    rf"|{_ROAD}{_DOOR}{_DETAIL}"
    rf"|{_PROVINCE}[ ,]?(?:{_UNIT}[ ,]?){{1,4}}(?>{_HAN}{{1,8}}[A-Za-z]{{0,6}}){_TAIL}{{1,6}}"
    rf"|{_PLACE}{_DOOR}{_TAIL}{{0,6}}"
)
_MACHINE = re.compile(r"(?:电|线|水|管|气|油|短|断|通|回|风|烟|频|渠|味|知|怎么)(?:路|道)(?=\d|[一二三四五六七八九十])")

_SUFFIX = "(?i:Street|Road|Avenue|Boulevard|Lane|St|Rd|Ave|Blvd|Ln)"
_NUMBERED = r"\d{1,3}(?:st|nd|rd|th)"
_SUFFIX_CAPITALISED = "(?:Drive|Dr|Court|Ct|Place|Pl|Way|Terrace|Square|Sq|Highway|Hwy|Crescent|Close)"
_WORD = "[A-Za-z][A-Za-z'’.-]{0,19}"
_CAPITALISED = "[A-Z][A-Za-z'’.-]{0,19}"
_PART = (
    r"(?:(?i:Apartment|Apt|Suite|Unit|Flat|Room|Rm|Floor|Building|Bldg|Block)\.? ?#?[A-Za-z]?\d{1,5}[A-Za-z]?"
    r"|#\d{1,5}[A-Za-z]?)"
)
_ENGLISH = re.compile(
    rf"\b(?:{_PART}(?:, ?| )){{0,3}}(?:(?i:No)\.? ?)?\d{{1,6}}[A-Za-z]?,? "
    rf"(?P<street>(?:(?:{_WORD}|{_NUMBERED}) ){{1,4}}?{_SUFFIX}|(?:{_CAPITALISED} ){{1,3}}{_SUFFIX_CAPITALISED})\b\.?"
    rf"(?: (?:[NSEW]{{1,2}}|North|South|East|West)\b)?(?:,? {_PART}){{0,3}}"
    r"(?:, ?[A-Z][a-z'’-]+(?: [A-Z][a-z'’-]+){0,2}){0,4}(?:,? [A-Z]{2}\b)?(?:,? ?\d{5,6}(?:-\d{4})?)?(?!\w)"
)
_NOT_STREETS = re.compile(
    r"\b(?:hours?|minutes?|people|nights?|rooms?|in|on|at|the|for|of|to|and|is|days?|years?|times?|degrees?|tons?|volts?|units?|"
    r"met(?:er|re)s?)\b",
    re.IGNORECASE,
)


def find_addresses(folded: str) -> Iterator[Span]:
    """Find addresses of at least two parts: 科技路12号, 南山区科技路, 阳光花园3栋, 12 King Street."""
    for match in _CHINESE.finditer(folded):
        if not _MACHINE.search(match.group()):
            yield Span(match.start(), match.end(), Kind.ADDRESS)
    for match in _ENGLISH.finditer(folded):
        if not _NOT_STREETS.search(match["street"]):
            yield Span(match.start(), match.end(), Kind.ADDRESS)
