"""The words by which danger and anger are heard, in Chinese and English: lists to be read and extended.

They are in normalised form: lower case, simplified characters. `qa.alarms` reads texts by them.
"""

from enum import StrEnum


class Danger(StrEnum):
    """What people may be in danger of; each has safety words of its own."""

    GAS = "gas"
    FIRE = "fire"
    ELECTRIC = "electric"


DANGER_WORDS: dict[Danger, tuple[str, ...]] = {
    Danger.GAS: (
        *("燃气味", "煤气味", "天然气味", "瓦斯味", "液化气味", "燃气的味", "煤气的味", "天然气的味", "瓦斯的味"),
        *("燃气泄漏", "煤气泄漏", "天然气泄漏", "燃气泄露", "煤气泄露", "天然气泄露", "瓦斯泄漏", "瓦斯泄露"),
        *("漏煤气", "漏燃气", "漏天然气", "漏瓦斯", "燃气漏", "煤气漏", "天然气漏", "煤气中毒", "一氧化碳中毒"),
        *("gas smell", "smell gas", "smell of gas", "smells of gas", "smells like gas", "smelling gas", "smelled gas"),
        *("gas leak", "gas leaks", "leaking gas", "gas is leaking", "carbon monoxide", "odor of gas", "odour of gas"),
    ),
    Danger.FIRE: (
        *("冒烟", "冒黑烟", "着火", "著火", "起火", "失火", "烧起来", "烧着了", "火灾", "有火苗", "爆炸"),
        *("烧焦味", "烧焦的味", "焦糊味", "糊味", "焦味", "烧糊", "浓烟"),
        *("on fire", "caught fire", "catching fire", "caught on fire", "in flames", "flames", "burst into flame"),
        *(
            "smoke",
            "smokes",
            "smoking",
            "burning smell",
            "smell of burning",
            "smells burnt",
            "smell burning",
            "smells of burning",
        ),
        *(
            "smells like burning",
            "smell something burning",
            "it exploded",
            "has exploded",
            "just exploded",
            "explosion",
            "burnt smell",
        ),
    ),
    Danger.ELECTRIC: (
        *(
            "触电",
            "漏电",
            "电到",
            "被电了",
            "电了一下",
            "电人",
            "麻手",
            "外壳带电",
            "机壳带电",
            "带电了",
            "电击",
            "打火花",
        ),
        *("冒火花", "火花", "电弧", "短路冒", "电麻"),
        *("electric shock", "electrical shock", "got a shock", "gave me a shock", "gives me a shock", "got shocked"),
        *("shocked me", "shocks me", "electrocuted", "electrocution", "sparks", "sparking", "live casing", "zapped me"),
    ),
}
"""What is looked for in each clause. English ones are whole words."""

SAFE_WORDS = (
    *(
        "烟雾报警器",
        "烟雾探测器",
        "烟感",
        "烟雾传感器",
        "触电保护器",
        "漏电保护器",
        "漏电保护开关",
        "漏电保护",
        "漏电开关",
    ),
    *("漏电断路器", "防触电", "防漏电", "触电保护", "防火花", "火花塞", "无烟", "禁烟", "吸烟", "抽烟", "油烟"),
    *("防爆炸", "爆炸图", "爆炸视图", "灭火器", "防着火"),
    *("smoke detector", "smoke alarm", "smoke sensor", "smoke test", "non-smoking", "no smoking", "smoking area"),
    *("gas leak detector", "gas detector", "carbon monoxide detector", "carbon monoxide alarm", "spark plug"),
    *("fire extinguisher", "anti-shock"),
)
"""Parts and habits that hold a word of danger and are none; taken out before danger is looked for."""

DENIALS = (
    *(
        "没有",
        "没",
        "并未",
        "未",
        "(?<!是)不是",
        "不会",
        "(?<!是)不",
        "无",
        "毫无",
        "防止",
        "避免",
        "以免",
        "预防",
        "防",
    ),
    *(
        "no",
        "not",
        "never",
        "without",
        "isn't",
        "wasn't",
        "doesn't",
        "didn't",
        "don't",
        "hasn't",
        "isnt",
        "avoid",
        "prevent",
    ),
)
"""Words that deny what follows them at once, or after some of FILLERS. "不小心触电" and "没反应还冒烟" deny nothing."""

FILLERS = (
    *(
        "再",
        "任何",
        "什么",
        "明显",
        "闻到",
        "看到",
        "看见",
        "发现",
        "出现",
        "发生",
        "有",
        "是",
        "到",
        "会",
        "过",
        "见",
        "的",
        "被",
    ),
    *("any", "a", "an", "the", "more", "visible", "sign", "signs", "of", "see", "seen", "seeing", "smell", "smelling"),
    *("notice", "gave", "hear", "feel", "giving", "getting", "is", "be", "there"),
)
"""What may stand between a denial and the word that it denies."""

ANGER_WORDS = (
    *(
        "我要投诉",
        "要投诉你",
        "投诉你们",
        "骗子",
        "欺骗消费者",
        "骗人",
        "垃圾公司",
        "垃圾产品",
        "垃圾客服",
        "太垃圾",
        "真垃圾",
        "什么垃圾",
        "气死",
        "生气",
    ),
    *(
        "真火大",
        "忍无可忍",
        "受够了",
        "真恶心",
        "太恶心",
        "坑人",
        "坑爹",
        "黑心",
        "无良",
        "消费者协会",
        "消协",
        "12315",
        "曝光你们",
        "起诉",
    ),
    *(
        "律师函",
        "法院见",
        "什么破",
        "滚蛋",
        "滚开",
        "给我滚",
        "妈的",
        "他妈",
        "傻逼",
        "傻子",
        "混蛋",
        "王八",
        "智障",
        "去死",
        "太差劲",
        "差评",
    ),
    *("答非所问", "敷衍", "没人管", "岂有此理", "太过分"),
    *("file a complaint", "formal complaint", "ridiculous", "unacceptable", "scam", "fraud", "furious", "outrageous"),
    *(
        "fed up",
        "sick of this",
        "sick and tired",
        "rip-off",
        "ripoff",
        "ripped off",
        "worst service",
        "terrible service",
    ),
    *(
        "useless bot",
        "you are useless",
        "stupid bot",
        "stupid company",
        "idiots",
        "wtf",
        "fuck",
        "bullshit",
        "my lawyer",
    ),
    *("sue you", "i am angry", "i'm angry", "very angry", "so angry", "disgusting service", "pathetic"),
)
"""What upset customers write; none of it is a question that the knowledge base answers."""

CALM_WORDS = ("怎么投诉", "如何投诉", "我要投诉怎么", "how to file a complaint", "how do i file a complaint")
"""Questions and parts that hold a word of anger and are none."""
