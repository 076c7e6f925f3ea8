"""Questions about an order, and the number and digits in them. English and Chinese, pure."""

import re
import unicodedata
from dataclasses import dataclass

from apps.robot.enums import FlowKind

_THING = (
    r"(?:orders?|parcels?|packages?|delivery|deliveries|shipments?|stuff|items?|things?|shoes|purchase|goods)\b"
    r"(?! (?:number|no\b|history|confirmation|details))"
)
_MINE = rf"(?:(?:my|our) (?:\w+ ){{0,2}}{_THING}|(?:the|this) {_THING}|{_THING} (?:#|no\.? ?|number )?<no>)"
_REFUND_ENGLISH = re.compile(
    r"\bwhere(?:'s| is|s) (?:my|the) (?:refund|money)\b"
    r"|\b(?:refund status|status of (?:my|the) refund)\b"
    r"|\b(?:check|track|any news (?:on|about)) (?:on )?(?:my|the) refund\b"
    r"|\b(?:refund|money back)\b.{0,30}\b(?:not|n't|yet to)\b.{0,20}\b(?:arrived?|received?|here|come|paid|shown?)\b"
    r"|\b(?:not|n't|haven't|never) (?:\w+ ){0,2}(?:received?|gotten|got|seen) (?:my|the) (?:refund|money)\b"
    r"|\b(?:has|have) (?:my|the|you) (?:\w+ )?refund(?:ed)?\b"
)
_REFUND_CHINESE = re.compile(
    r"(?:我的?)(?:那笔)?(?:退款|退的钱)(?:到哪|在哪|到账|进度|状态|怎么|什么时候|啥时候|何时|呢)"
    r"|退款(?:进度|状态|到哪|在哪)|查(?:一下|下|询)?(?:我的?)?退款"
    r"|退款(?:怎么|咋)?(?:还|一直|都)?(?:没|未)(?:有)?(?:到|收到|退)|钱(?:怎么|咋)?还没(?:有)?(?:退|到账)"
)
_PARCEL_ENGLISH = re.compile(
    rf"\bwhere(?:'s| is| are|s) {_MINE}"
    rf"|\b(?:track|trace|locate|check|look up|find) (?:on |for |the status of )?{_MINE}"
    rf"|\b(?:status|whereabouts|progress) (?:of|for|on) {_MINE}|\b(?:order|delivery|parcel|package) status\b"
    rf"|\b(?:any )?(?:update|news|info|information) (?:on|about|of|for) {_MINE}"
    rf"|\bwhen (?:will|does|do|is|can|should) (?:i (?:get|receive|expect) )?(?:my|our) (?:\w+ ){{0,2}}{_THING}"
    rf"|\b(?:has|have|did|is|was) (?:my|our) (?:\w+ ){{0,2}}{_THING} (?:been |being |even |already )?"
    r"(?:shipped|sent|dispatched|arrive|left|on (?:its|the) way|coming|lost|delayed)"
    rf"|\b(?:my|our) (?:\w+ ){{0,2}}{_THING} (?:(?:still |yet )?(?:has|have|is|did)(?:n't| not)|never|still)"
    r" (?:yet |been |even )?(?:arrived?|here|come|shipped|delivered|moved|sent|not)"
    rf"|\b(?:(?:have|has|did)(?:n't| not)|never|not|still waiting) (?:yet |even )?(?:received?|gotten|got|for) {_MINE}"
    rf"|\b(?:my|our) (?:\w+ ){{0,2}}{_THING} is (?:late|lost|stuck|delayed|missing|taking)"
)
_GOODS = r"(?:快递|包裹|订单|物流|东西|货|件|商品|鞋子?|宝贝)"
_PARCEL_CHINESE = re.compile(
    rf"(?:我的?|我(?:买|下|订)的?|这个|那个|<no>的?){_GOODS}.{{0,6}}"
    r"(?:到哪|在哪|哪里|哪儿|到了(?:没|吗)|到没|怎么还|咋还|还没|还不|没到|没收到|没发|发货?了(?:没|吗)|什么时候|啥时候|何时"
    r"|多久|几时|进度|状态|不动|没动|没更新|丢了|呢$)"
    rf"|(?:{_GOODS}|<no>)(?:现在|目前|都|已经)?(?:到哪|在哪|走到哪|跑哪)"
    rf"|(?:查|看|追踪|跟踪)(?:一?下|询|查|看)*(?:我的?|这个)?{_GOODS}(?!费|公司|电话)"
    rf"|(?:快递|包裹|货|东西|件|物流)(?:怎么|咋|都几天了|好几天了|一直)+(?:还|都)?(?:没|不)(?:到|动|发|收到|更新)"
    r"|订单(?:进度|状态)(?:查询|怎么样)?|物流(?:进度|状态|信息)查?询?$"
    r"|(?:下单|买了?|付款)(?:了|都)?.{0,6}(?:天|周|久)了?.{0,6}(?:还没|怎么还|没)(?:有)?(?:到|收到|发|动静)"
)
# Who asks how or in general wants to be told, not to be looked up.
_IN_GENERAL = re.compile(
    r"\bhow (?:do|can|to|would|should|does|long|much|many)\b(?! (?:i |we )?(?:track|trace|follow|check)\b)"
    r"|\bwhere (?:do|can) i\b"
    r"|\b(?:cancel|change|edit|return|exchange)\b"
    r"|\bsays? (?:it was |it's |it is )?delivered|\bmarked (?:as )?delivered"
    r"|怎么(?:改|退|换|付|买)|如何(?!查|看|跟踪|追踪)|取消|修改|改地址|退货|换货|退掉|显示(?:已)?签收|已签收"
)
_REFUND_IN_GENERAL = re.compile(r"\bhow (?:do|can|to|long|much)\b|怎么(?:退|申请)|如何|多久|几天|多长时间")
# Letters with digits, as shops print numbers; or digits alone that are no phone number.
_NUMBER = re.compile(
    r"(?<![0-9A-Za-z])#?([A-Za-z]{1,4}-?\d{5,20}|\d{8,10}|\d{12,20}|\d{6}-\d{3,10})(?![0-9A-Za-z])"
)
_AFTER_WORD = re.compile(
    r"(?:order (?:number|no\.?|#)|订单(?:号|编号)|单号)\s*(?:is|是|为|:)?\s*#?(\d{5,20})(?!\d)"
)
_PHONE = re.compile(r"(?<!\d)(?:\+?\d{1,3}[- ])?(1\d{2}[- ]?\d{4}[- ]?(\d{4}))(?!\d)")
_FOREIGN_PHONE = re.compile(r"\+\d[\d ()-]{6,18}\d")
_TAIL = re.compile(r"(?<![\d.:/-])(\d{4})(?![\d.:/-])")
_TAIL_NAMED = re.compile(
    r"(?:尾号|后四位|后4位|末四位|last (?:4|four)(?: digits)?|end(?:s|ing)?(?: in| with)?)\D{0,12}(\d{4})(?!\d)"
)
_NUMERALS = str.maketrans("零〇一二三四五六七八九", "00123456789")
_CHINESE_TAIL = re.compile(
    r"(?<![零〇一二三四五六七八九])[零〇一二三四五六七八九]{4}(?![零〇一二三四五六七八九])"
)
_DOES_NOT_KNOW = re.compile(
    r"\b(?:don'?t|do not|can'?t|cannot) (?:\w+ )?(?:know|have|remember|find)\b"
    r"|\b(?:lost|forgot|no idea|not sure|what number)\b"
    r"|不知道|不记得|忘了|忘记|没有(?:订单号|单号)|找不到|哪里(?:看|找|有)|在哪(?:看|找)|不清楚"
)
# What people write around a number when it is all they have to say.
_FILLING = re.compile(
    r"<no>|[\W\d_]|order|number|digits?|phone|last|four|ends?|ending|with|and|my|the|it|is|are|in|no|hi|hello|here"
    r"|订单|编号|单号|号码|号|手机|电话|尾|后|四位|位|末|是|为|我|的|你好|您好|和|[零〇一二三四五六七八九]"
)


@dataclass(frozen=True)
class OrderWords:
    """What a message says of an order; empty where it says nothing."""

    kind: FlowKind | None = None
    number: str = ""
    tail: str = ""  # the last four digits of a phone number
    does_not_know: bool = False
    bare: bool = False  # nothing but the number or the digits


def read(text: str) -> OrderWords:
    """The question, number and digits in a message; a full phone number gives its last four digits."""
    plain = unicodedata.normalize("NFKC", text)[:600]
    tail, rest = _take_phone(plain)
    number, rest = _take_number(rest)
    tail = tail or _tail_in(rest)
    asked = (rest.lower().replace("’", "'") + (" <no>" if number and "<no>" not in rest else "")).strip()
    bare = bool(number or tail) and len(_FILLING.sub("", rest.lower())) <= 2
    return OrderWords(_kind(asked), number, tail, bool(_DOES_NOT_KNOW.search(asked)), bare)


def _take_phone(text: str) -> tuple[str, str]:
    for pattern in (_PHONE, _FOREIGN_PHONE):
        found = pattern.search(text)
        if found:
            digits = re.sub(r"\D", "", found.group())
            return digits[-4:], text[: found.start()] + " " + text[found.end() :]
    return "", text


def _take_number(text: str) -> tuple[str, str]:
    found = _AFTER_WORD.search(text.lower()) or _NUMBER.search(text)
    if found is None:
        return "", text
    return text[found.start(1) : found.end(1)].upper(), f"{text[: found.start(1)]}<no>{text[found.end(1) :]}"


def _tail_in(text: str) -> str:
    found = _TAIL_NAMED.search(text.lower()) or _TAIL.search(text)
    if found:
        return found[1]
    spoken = _CHINESE_TAIL.search(text)
    return spoken.group().translate(_NUMERALS) if spoken else ""


def _kind(text: str) -> FlowKind | None:
    if not _REFUND_IN_GENERAL.search(text) and (_REFUND_ENGLISH.search(text) or _REFUND_CHINESE.search(text)):
        return FlowKind.REFUND
    squeezed = text.replace(" ", "")
    if _IN_GENERAL.search(text):
        return None
    return FlowKind.PARCEL if _PARCEL_ENGLISH.search(text) or _PARCEL_CHINESE.search(squeezed) else None
