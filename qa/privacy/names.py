"""Names of people, where the words before or after them say that they are some."""

import re
from collections.abc import Iterator

from qa.privacy.folding import HIDDEN
from qa.privacy.spans import Kind, Span

_SURNAMES = (
    "王李张刘陈杨黄赵吴周徐孙马朱胡郭何林高罗郑梁谢宋唐许韩邓冯曹彭曾肖田董潘袁蔡蒋余于杜叶程魏苏吕丁任卢姚沈钟姜崔谭"
    "陆范汪廖石金韦贾夏付方邹熊白孟秦邱侯江尹薛闫段雷龙黎史陶贺毛郝顾龚邵万覃武钱戴严莫孔向常汤康易乔赖温樊葛兰俞"
    "邢齐岳庄詹欧翟颜聂章鲁路殷倪申柳季耿焦牛盛关骆翁阮伍左祝纪毕尤辛裴麦凌舒牟管柯包蓝游霍项解冉鲍丘房童涂梅"
)
_COMPOUND = "欧阳|上官|司马|诸葛|司徒|夏侯|皇甫|尉迟|公孙|慕容|长孙|令狐"
_SURNAME = f"(?:{_COMPOUND}|[{_SURNAMES}])"
_TITLE = "(?:先生|女士|小姐|太太)"
# What can stand right behind a name but not in one.
_AFTER = r"(?=$|[\s,.!?;:、。,！？；：()（）]|我|你|的|是|在|住|家|电话|手机|地址|买|想|要|来|这|那|有|今|昨)"
_GIVEN_CHARACTER = "(?![前后被让的和段了是给跟找有])[\u4e00-\u9fff]"
_GIVEN = f"{_GIVEN_CHARACTER}(?:{_GIVEN_CHARACTER})??"
_CALLED = re.compile(
    rf"(?:我(?:老公|老婆|爱人|妈妈?|爸爸?|儿子|女儿|朋友|同事|邻居)?(?:的)?(?:名字|姓名|大名)?(?:就)?(?:叫做?|名叫)|本人(?:叫)?|(?:我的)?(?:名字|姓名)(?:是|叫|:|为)?|"
    rf"(?:联系人|收件人|收货人|报修人|户主|签收人)(?:是|叫|姓名|:|为)?)[ :]{{0,2}}(?P<name>{_SURNAME}{_GIVEN}){_AFTER}"
)
_SURNAMED = re.compile(rf"(?:我|我(?:老公|老婆|爱人|妈妈?|爸爸?)|本人|免贵)姓(?P<name>{_SURNAME})")
_TITLED = re.compile(rf"(?P<name>{_SURNAME}(?:{_GIVEN_CHARACTER}{{1,2}}?)?{_TITLE})")
_I_AM = re.compile(rf"我是(?P<name>{_SURNAME}{_GIVEN_CHARACTER}{{2}})(?=$|[\s,.!?;、。]|电话|手机|住在)")
# 张三，138… and 李四 地址…: a line of contact details.
_BEFORE_DETAILS = re.compile(rf"(?:^|[\s,.;:、。])(?P<name>{_SURNAME}{_GIVEN})[ ,:]{{0,2}}{HIDDEN}")
_NOT_NAMES = re.compile(
    r"(?:安装|高温|高血|高压|高层|金牌|黄金|白金|白领|万科|包月|江苏|江西|石家|马来|房东|房主|管理|管家|常客|常规|关注|解决|项目|"
    r"马上|方便|向你|向您|任何|何时|何况|高级|白色|黄色|蓝色|金色|易坏|康复|温度|温控|路由|路过|游客|包装|顾客|万一|程序)"
)

_CAPITALISED = r"[A-Z][a-z'’]+(?:-[A-Z][a-z]+)?"
_STOP = (
    r"(?!(?:and|from|my|i|the|with|at|on|but|so|here|calling|speaking|please|phone|email|order|not|is|"
    r"what|just|different|wrong|spel\w+|misspel\w+|correct|right|really|now|still|also|an?|or|in|as|going|gonna)\b)"
)
_MY_NAME_IS = re.compile(
    rf"\b(?:my (?:full |first |last )?name(?: is|[’']s|:)|the name is|i am called|name:)\s+"
    rf"(?P<name>{_STOP}[a-z'’-]{{2,20}}(?: {_STOP}[a-z'’-]{{2,20}}){{0,2}})",
    re.IGNORECASE,
)
_I_AM_ENGLISH = re.compile(
    rf"\b(?:I(?:[’']m| am)|[Tt]his is)\s+(?P<name>{_CAPITALISED}(?: (?:[A-Z]\. ?)?{_CAPITALISED}){{0,2}})"
    r"(?=$|\s*[,.!;]|\s+(?:and|from|speaking|here|calling)\b)"
)
_ENGLISH_TITLE = re.compile(rf"\b(?P<name>(?:Mr|Mrs|Ms|Miss|Dr)\.? {_CAPITALISED}(?: {_CAPITALISED})?)")
_NOT_ENGLISH_NAMES = re.compile(
    r"(?:American|British|Chinese|Canadian|Australian|German|French|Indian|Japanese|Korean|Spanish|Italian|Russian|"
    r"Sorry|Sure|Not|Using|Looking|Trying|Having|Getting|Afraid|Done|Ok|Okay|Happy|Here|Still|Just|Also|Very|So|Now|Back|"
    r"Wi|App|Bluetooth|Android|Error|Heat|Split)\b"
)


def find_names(folded: str) -> Iterator[Span]:
    """Find names behind 我叫, 我姓, 联系人, My name is, I'm …, and before 先生, 女士, behind Mr and the like."""
    for pattern in (_CALLED, _SURNAMED, _I_AM, _TITLED, _BEFORE_DETAILS):
        for match in pattern.finditer(folded):
            if not _NOT_NAMES.match(match["name"]):
                yield Span(match.start("name"), match.end("name"), Kind.NAME)
    yield from _english_names(folded)


def _english_names(folded: str) -> Iterator[Span]:
    for pattern in (_MY_NAME_IS, _I_AM_ENGLISH, _ENGLISH_TITLE):
        for match in pattern.finditer(folded):
            if not _NOT_ENGLISH_NAMES.match(match["name"]):
                yield Span(match.start("name"), match.end("name"), Kind.NAME)
