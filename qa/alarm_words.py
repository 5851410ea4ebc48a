"""The words by which danger and anger are heard, in Chinese and English: lists to be read and extended.

Each is a regular expression over normalised text (lower case, simplified characters, straight quotes). Chinese ones
stand between spaces; English ones between bars or on lines of their own, and are whole words. `qa.alarms` reads texts
by them.
"""

import re
from enum import StrEnum
from typing import NamedTuple


class Danger(StrEnum):
    """What people may be in danger of; each has safety words of its own."""

    GAS = "gas"
    FIRE = "fire"
    ELECTRIC = "electric"


class Words(NamedTuple):
    """One list in both languages."""

    chinese: tuple[str, ...]
    english: tuple[str, ...]


_PARTS = {
    "GASES": "(?:[燃煤沼]气|天然气|液化气|瓦斯)",
    "THING": "(?:空调|[外内主柜]机|压缩机|电容|插[座头排]|电池|机器|热泵|[风电]机)",
    "STINK": "(?:smell|odou?r|stink|stench)",
    "PLUG": "(?:plug|socket|outlet|wire|wiring|cable|cord|breaker|connector)",
    "UNIT": "(?:ac|air ?con|air conditioner|unit|heat pump|compressor|motor|machine|something)",
    "CASE": "(?:casing|case|chassis|body|housing|panel|frame)",
    "WHOM": r"(?:(?:me|my \w+|him|her|us|you|people|everyone) )?",
    "SOUNDS": r"(?:(?:is|are|has|was|keeps?|just|started) )*(?:beep|go|went|ring|sound|blar|scream)\w*",
    "CLEARS": r"(?:remov|filter|clear|clean|purif|absorb|handl|suck|draw|pull|get rid of)\w*",
    "OTHERS": "(?:cigarette|cigar|tobacco|second-?hand|passive|neighbou?r|cooking|kitchen|bbq|barbecue|wildfire)",
    "SMOKERS": "(?:i|we|they|he|she|people|guests?|tenants?|husband|wife|dad|father|mum|mom|who)(?:'m|'re|'s)?",
}
"""What several words have in common; they name it in capitals."""


_NAME = re.compile("[A-Z]{4,}")


def _part(name: re.Match[str]) -> str:
    return _PARTS[name.group()]


def _words(chinese: str, english: str) -> Words:
    return Words(
        tuple(_NAME.sub(_part, chinese).split()),
        tuple(re.split(r"\s+\|\s+|\n\s*", _NAME.sub(_part, english).strip())),
    )


DANGER_WORDS: dict[Danger, Words] = {
    Danger.GAS: _words(
        r"""
        GASES(?:的|有|好大的?|很浓的?|一股)?(?:臭?味|气味|臭) 臭鸡蛋的?(?:臭|气)?味

        GASES(?:管道?|管子|罐|阀门?)?(?:好像|可能|一直|是不是)?(?:在|被|有)?(?:泄[漏露]|漏)
        (?:漏|泄[漏露]|跑)了?(?:的是)?GASES 像(?:是|有)?(?:[燃煤]气|天然气|瓦斯)
        [打钻碰挖弄](?:穿|破|断|坏|到)了?(?:[燃煤]气|天然气)管 (?:煤气|一氧化碳)中毒
        """,
        r"""
        (?:gas|propane) STINKs?
        STINKs? of (?:\w+ )?(?:gas|propane)
        smell(?:s|ed|ing|t)? (?:\w+ ){0,2}(?:gas|propane)
        gas (?:is )?leak(?:s|ing|ed)? | leak(?:s|ing)? (?:natural )?gas
        rotten[- ]eggs? (?:\w+ )?STINKs? | smell(?:s|ed|ing)? (?:\w+ ){0,2}rotten eggs?
        sul(?:ph|f)ur(?:ous)? (?:smell|stink|stench|odou?r|rotten) | carbon monoxide
        """,
    ),
    Danger.FIRE: _words(
        r"""
        冒(?:着|出|了|点|好多|很多|一股|一阵|股|起)*[黑浓青灰大] [黑浓青]烟 满(?:屋|房间|家)[子里]?[都全]?是?烟
        [起失窜喷]火(?!锅) 冒[着出了点电起]*火(?!花) 火(?:苗|焰|光) 明火 火灾 [着烧]起来 烧着了 自燃(?!气) 燃烧[着了起]
        里[面头]?有火(?!锅)

        THING(?:突然|直接|刚才?|[砰啪]一声|[都给又])*[爆炸]+[了开裂]
        发生爆炸 爆炸了 [烧焦糊胡煳][了掉焦糊臭]*的?气?味 焦糊 烧[焦糊] 烤焦 烧(?:电线|塑料|胶皮|橡胶)[了糊焦]*的?味?
        (?:电?线|塑料|胶皮|橡胶)烧?[焦糊着了]+的?味 (?:电木|胶皮)味
        (?:插[头座排]|电?线|空开|端子)(?:都|给|也|已经|全)?[烧烤熔融][黑化焦糊熔融了]
        """,
        r"""
        (?:caught|catch(?:es|ing)?) (?:\w+ )?fire | fire (?:in|inside|from|coming|broke|burning)
        there(?:'s| is) (?:a )?fire
        (?:in|see|saw|into|are|were) flames? | flames? (?:from|in|inside|out|coming|everywhere|shooting)
        burn(?:t|ing|ed)? (?:(?:plastic|rubber|electrical|electric|wires?|metal|oil|hair) )*STINKs?
        STINK\w* (?:\w+ ){0,3}(?:burn(?:t|ing|ed)?|scorch(?:ed|ing)?|fire|smoke)
        electric(?:al)? (?:burn(?:t|ing)?|fire|smell) | burn(?:t|ing) (?:plastic|rubber|wires?)
        burning (?:inside|in the|ac|unit|heat pump|air ?con\w*)
        (?:UNIT|PLUGs?)(?:'s| is| are| was) (?:\w+ )?burning(?! (?:hot|up|through|too|more|bright))
        PLUGs? (?:\w+ ){0,4}(?:melt\w*|scorch\w*|charred|burn(?:t|ed|ing)|blackened)
        (?:melt\w*|scorch\w*|charred|burnt|burned) PLUGs?
        bakelite (?:stench|smell)
        exploded(?! in) | exploding | (?:an|the) explosion | blew up | blown up
        (?:black|thick|gr[ea]y|heavy|dense) smoke | smoke (?:everywhere|pouring|billowing|filling)
        fill(?:s|ed|ing)? (?:up )?with smoke
        """,
    ),
    Danger.ELECTRIC: _words(
        r"""
        (?<!接)触[了到]?电(?![阻容路机脑控视]) 漏电(?!流) 被电(?![脑视话梯压量]) 被\S{1,4}电[了倒]
        (?<![充停来])电了(?:一下|我|他|她|孩子|手) [会给能]电到 电到(?:我|人|他|她|手|孩子|小孩)
        (?<![水家充发用停机])电人(?![员工才民群]) (?<!充)电手(?![电机动柄册]) 电[麻击] 麻手 麻[电酥麻嗖] 摸着过电
        [摸碰按拔插]\S{0,12}(?:麻|刺手|电了|打手|静电感)
        [摸碰]\S{0,12}有电 (?:胳膊|手|手指|手臂)[都也]?[发有]?麻(?![利烦]) 被打了一下 打手
        (?:壳|皮|机身|水管?|水龙头|金属|[外内主柜]机|机器)(?:好像|怎么|都|是|上)?带电(?![辅加子池脑量源机控磁视话动压])
        (?:壳|皮|机身|水管?|水龙头|金属)(?:好像|怎么|都|是|上)?有电(?![压源]) 打电?火(?![机灶锅石]) 火花 冒火星
        火星子 电弧 短路冒
        """,
        r"""
        elect(?:r?ic(?:al)?|rically) shocks? | electrocut\w*
        (?:got|gets?|getting|gave|gives?|giving|feel|felt|had|received?) WHOM(?:an? )?(?:\w+ )?(?:shock|jolt|zap)s?
        (?:gave|gives?|giving|feel|felt) WHOM(?:an? )?(?:\w+ )?(?:belt|tingle|buzz)
        (?:feel|felt|feeling) (?:an? )?(?:\w+ )?current | current feel
        shock(?:s|ed|ing)? (?:me|him|her|us|my|everyone|everybody|people|anyone)
        (?:got|was|were|been|is|gets?|getting) (?:shocked|zapped) (?:by|from|touching|when) | got (?:shocked|zapped)
        zap(?:s|ped) (?:me|him|her|us|my)
        tingl\w* (?:\w+ ){0,4}(?:touch\w*|casing|case|metal|panel|frame|chassis|finger\w*|hand\w*)
        (?:finger|hand)\w* (?:\w+ ){0,2}tingl\w*
        buzz\w* (?:\w+ ){0,3}(?:hand|finger)\w*
        (?:casing|case|chassis|body|housing|panel|frame|unit) (?:is|feels|was|got) live(?! \w)
        live (?:casing|chassis|housing) | hot chassis | sparks? | spark(?:ed|ing) | arcing
        """,
    ),
}
"""What is danger whatever else is said, unless it is denied."""

ALARM_SOUNDS: dict[Danger, Words] = {
    Danger.GAS: _words(
        "(?:GASES|可燃气体|一氧化碳)(?:泄[漏露])?(?:报警|警报|探测)器(?:一直|突然|不停|[正又老])*[在是]?[响叫鸣滴嘀]",
        r"(?:gas|carbon monoxide|co) (?:alarm|detector)s? SOUNDS",
    ),
    Danger.FIRE: _words(
        "(?:烟雾?|火灾)(?:感|报警|警报|探测)+器?(?:一直|突然|不停|[正又老])*[在是]?[响叫鸣]",
        r"(?:smoke|fire) (?:alarm|detector)s? SOUNDS",
    ),
}
"""Devices that give warning: one that sounds is danger, one that is asked about is a part."""

SMOKE_WORDS = _words(
    "[冒出有吐喷](?:着|出|了|来|点|白|一股|一阵|好多|很多|好大)*的?烟(?![囱民味瘾雾灶道机灰感]) [着著]火",
    "smok(?:e|es|ed|ing) | on fire",
)
"""Smoke, or what looks like it: fire, unless the text says what else it is."""

EXPLANATIONS = _words(
    "[没无不]有?(?:什么|任何|闻到)?(?:味|气味|异味|臭味) 不呛 是(?:水汽|水蒸气|水雾) [化除]着?霜",
    r"""
    no (?:smell|odou?r) | (?:doesn'?t|does not|don'?t|do not|didn'?t) smell | odou?rless | without (?:any )?smell
    or (?:(?:is )?(?:that|it|this) )?(?:just |only )?(?:steam|fog|mist|vapou?r)
    (?:just|only) (?:steam|fog|mist|vapou?r)
    when it'?s (?:freezing|cold|frosty|humid)
    """,
)
"""What tells mist from smoke."""

SAFE_WORDS = _words(
    r"""
    烟雾?(?:感|报警|探测|传感)[器头]? (?:触电|漏电)保护(?:器|开关)? 漏电(?:开关|断路器)
    (?:[燃煤]气|天然气|瓦斯)(?:泄[漏露])?(?:报警|探测)器
    [无禁吸抽除排去油手香]烟 防(?:触电|漏电|火花|爆炸?|着?火|静电) 火花塞 爆炸视?图 灭火器 打火[机灶] [煤燃]气灶
    静电[打电]人 (?:新(?:空调|机|买|装)|刚刚?[装买])\S{0,10}胶皮味 外机[在又]?冒[着出]?白烟
    热水(?!器)\S{0,4}臭鸡蛋味 水龙头\S{0,4}臭鸡蛋味
    (?:以为|当成)是?(?:着火|冒烟|起火|失火|漏电)了? (?:会不会|(?<!恐)怕|担心|容易)(?:漏电|触电|着火|起火|爆炸|自燃)
    会(?:漏电|触电|着火|起火|爆炸|自燃)[吗么]
    """,
    r"""
    smoke[- ]free | (?:smoke|fire|gas|gas leak|carbon monoxide|co) (?:detector|alarm|sensor)s? | smoke test
    smoke (?:mode|filter|removal|purification|particle|machine|function)s? | non-?smoking | no smoking
    smoking (?:area|room|section|ban|habit|near)
    OTHERS(?:'s|s'?)? smok(?:e|ing)
    smoke from (?:the |a )?(?:OTHERS|street)\S*
    CLEARS (?:out |in )?(?:the |any )?(?:smell of )?smoke
    SMOKERS (?:(?:am|is|are|often|always|sometimes) )*smok(?:e|es|ed|ing)
    quit smoking | refrigerant gas leaks? | (?:ac|r-?\d+\w?|refrigerant|coolant|freon) gas (?:is )?leak(?:s|ing|ed)?
    shocked (?:by|at|to see) (?:the |my |your )?(?:\w+ )?(?:bill|price|cost|quote|invoice|fee)s?
    (?:does|do|can|could|will) .{0,30}(?:make|produce|emit|give off) carbon monoxide
    rotten eggs? smell (?:from|in) (?:the |my )?(?:hot )?(?:tap|shower|water(?! heater))
    spark (?:plug|ignition)s? | exploded (?:view|diagram|drawing)s? | flame icon
    thought (?:it|that|there|the \w+) (?:was|were|is) (?:on fire|smoke|smoking|burning)
    (?:risk|danger|chance|case|event) of (?:an? )?(?:fire|smoke|(?:electric )?shocks?|explosion)
    (?:prevent|avoid)(?:s|ing)? (?:an? )?(?:electric )?shocks?
    """,
)
"""Parts, habits, fears and mistakes that hold a word of danger and are none; taken out before danger is looked for."""

DENIALS = _words(
    "没有 没 并未 未 (?<!是)不是 不会 (?<!是)不 无 毫无 防止 避免 以免 预防 防",
    """
    no | not | never | without | isn't | wasn't | doesn't | didn't | don't | hasn't | isnt | avoid | prevent | nothing
    """,
)
"""Words that deny what follows them at once, or after some of FILLERS. "不小心触电" and "没反应还冒烟" deny nothing."""

FILLERS = _words(
    "再 任何 什么 明显 闻到 看到 看见 发现 出现 发生 有 是 到 会 过 见 的 被 空调",
    """
    any | a | an | the | more | visible | sign | signs | of | see | seen | seeing | smell | smelling | notice | gave
    hear
    | feel | giving | getting | is | be | there | or | smoke | sparks | flames
    """,
)
"""What may stand between a denial and the word that it denies."""

ANGER_WORDS = _words(
    """
    我要投诉 要投诉你 投诉你们 骗子 欺骗消费者 骗人 垃圾公司 垃圾产品 垃圾客服 太垃圾 真垃圾 什么垃圾 气死 生气
    真火大 忍无可忍
    受够了 真恶心 太恶心 坑人 坑爹 黑心 无良 消费者协会 消协 12315 曝光你们 起诉 律师函 法院见 什么破 滚蛋 滚开
    给我滚 妈的 他妈
    傻逼 傻子 混蛋 王八 智障 去死 太差劲 差评 答非所问 敷衍 没人管 岂有此理 太过分
    """,
    """
    file a complaint | formal complaint | ridiculous | unacceptable | scam | fraud | furious | outrageous | fed up
    sick of this
    | sick and tired | rip-off | ripoff | ripped off | worst service | terrible service | useless bot
    you are useless
    | stupid bot | stupid company | idiots | wtf | fuck | bullshit | my lawyer | sue you | i am angry | i'm angry
    very angry
    | so angry | disgusting service | pathetic
    """,
)
"""What upset customers write; none of it is a question that the knowledge base answers."""

CALM_WORDS = _words("怎么投诉 如何投诉 我要投诉怎么", "how to file a complaint | how do i file a complaint")
"""Questions that hold a word of anger and are none."""
