"""What a customer says besides questions: small talk, and the wish for a human. English and Chinese, pure."""

import re
from enum import StrEnum


class Intent(StrEnum):
    """What a message is when it is no question."""

    HUMAN = "human"
    GREETING = "greeting"
    THANKS = "thanks"
    GOODBYE = "goodbye"
    ARE_YOU_A_ROBOT = "are_you_a_robot"
    NOT_HELPED = "not_helped"


_PERSON = (
    r"(?:human(?: being)?|agents?|operator|representative|rep"
    r"|(?:real |live |actual )?person|someone|somebody|staff)(?! else)"
)
_SERVICE = r"(?:(?:customer|live) (?:service|support|care))"
_POLITE = r"(?:please|pls|plz|now|asap|thanks|hi|hello|hey)"

# A wish for a human may stand anywhere in a message of some length; small talk must be all that was said.
_HUMAN_ENGLISH = re.compile(
    rf"\b(?:talk|speak|chat) (?:to|with)\b[^.?!]{{0,20}}\b(?:{_PERSON}|{_SERVICE})\b"
    rf"|\b(?:connect|transfer|switch|put|pass|get) (?:me|us)\b[^.?!]{{0,25}}\b(?:{_PERSON}|{_SERVICE})\b"
    r"|\b(?:need|want|get|give) (?:me |to have )?(?:an? |some |the )?(?:human|agent|operator|representative)\b"
    r"|\b(?:real|live|actual) (?:human|person|agent|operator)\b"
    rf"|^(?:{_POLITE} )*(?:an? )?(?:{_PERSON}|{_SERVICE}|live chat)(?: {_POLITE})*$"
)
_HUMAN_CHINESE = re.compile(
    r"(?:转|找|要|接|叫|换|进|联系)(?:一?[个位名])?(?:人工|真人|活人|客服|在线客服)(?!号|电话|热线|邮箱|费)"
    r"|(?:叫|换)一?个?人来"
    r"|^(?:请|麻烦|我要|你好|您好)*(?:人工|真人|客服|人工客服|人工服务|在线客服|真人客服)[呢吗吧啊]?$"
    r"|人工(?:客服|服务|台)?在吗|有(?:没有)?(?:人工|真人|活人)(?:客服)?[吗么呢]?$"
    r"|(?:和|跟)(?:真人|人工|客服)(?:说|聊|讲|沟通)"
)
# Who asks when or by which number to reach people wants to know that.
_ABOUT_CONTACT = re.compile(
    r"\b(?:number|phone|e-?mail|hours|when|what time)\b|几点|什么时候|时间|电话|号码|邮箱"
)
MAX_HUMAN_CHARS = 160

_WHOLE = {
    Intent.GREETING: (
        r"(?:hi|hello|hey|hiya|yo|good (?:morning|afternoon|evening|day)|greetings)(?: (?:there|everyone|robot|bot))?"
        r"|is (?:anyone|anybody|someone) (?:there|here)"
        r"|(?:你好|您好|哈喽|嗨|在吗|在么|在不在|有人吗|早上好|上午好|中午好|下午好|晚上好|亲)[呀啊呢哦亲]*"
    ),
    Intent.THANKS: (
        r"(?:ok(?:ay)? ?)?(?:great ?)?"
        r"(?:many thanks|thanks?(?: you)?(?: (?:so|very) much| a lot| a bunch)?|thx|ty|cheers)"
        r"(?: (?:that|this|it) (?:helps|helped|works|worked))?"
        r"|(?:that |it |this )?(?:helps?|helped|works|worked|is perfect)(?: (?:a lot|thanks?|thank you))?"
        r"|(?:perfect|great|awesome|got it|solved)(?: ?thanks?(?: you)?)?"
        r"|(?:好的?)?(?:非常|太|多)?(?:谢谢|感谢|多谢|谢了|谢啦)(?:你|您|啦|了|哦|哈|亲)*"
        r"|(?:好的?)?(?:明白|知道|懂|清楚|解决|搞定)了(?:谢谢(?:你|您)?)?"
    ),
    Intent.GOODBYE: (
        r"(?:ok(?:ay)? ?)?(?:good ?)?(?:bye|night)(?: bye)?|see (?:you|ya)(?: later)?"
        r"|that(?: is|'?s) all|no(?: more)? questions?"
        r"|(?:再见|拜拜|拜|88|晚安|下次见|没事了|没有了|没别的了|没有其他问题了)[啦了哦呀]*"
    ),
    Intent.ARE_YOU_A_ROBOT: (
        r"(?:are you|is this|am i (?:talking|chatting|speaking) (?:to|with)) (?:really )?(?:an? |the )?"
        r"(?:ro)?(?:bot|chatbot|machine|ai|computer|human|person|real person|program)(?: or (?:an? )?\w+(?: \w+)?)?"
        r"|你是(?:不是)?(?:个)?(?:机器人|真人|人工|人|ai|智能客服)(?:还是(?:机器人|真人|人工|人|ai))?[吗呢吧啊]*|机器人[吗吧]"
    ),
    Intent.NOT_HELPED: (
        r"(?:no|nope|not really|none(?: of (?:these|those|them))?|neither|wrong|wrong answer)"
        r"|(?:no ?)?(?:that|this|it) (?:did|does) ?n[o']?t (?:help|answer|work for me)(?: .{0,20})?"
        r"|(?:no ?)?(?:that|this)(?: is|'?s) not (?:it|what i (?:asked|mean|meant|want))|not helpful|useless"
        r"|(?:都?不是|没用|没有用|没帮助|没解决|不对|答非所问|没有我要的|不是这个|都不对|看不懂|没听懂)[的啊呀了]*"
    ),
}
_SMALL_TALK = {intent: re.compile(rf"(?:{pattern})$") for intent, pattern in _WHOLE.items()}
_CHINESE = re.compile(r"[\u3400-\u9fff]")
_NOISE = re.compile(r"[\s!！?？.。,，~～…、:：;；)(（）\U0001F300-\U0001FAFF\u2600-\u27bf]+")


def recognise(text: str) -> Intent | None:
    """The intent of a message, or None for anything that the knowledge base should be asked."""
    plain = _NOISE.sub(" ", text.lower().replace("’", "'")).strip()
    plain = plain.replace(" ", "") if _CHINESE.search(plain) else plain
    if len(plain) <= MAX_HUMAN_CHARS and _wants_human(plain):
        # "Am I talking to a real person?" asks about us, it is no wish.
        return Intent.ARE_YOU_A_ROBOT if _SMALL_TALK[Intent.ARE_YOU_A_ROBOT].match(plain) else Intent.HUMAN
    return next((intent for intent, pattern in _SMALL_TALK.items() if pattern.match(plain)), None)


def _wants_human(plain: str) -> bool:
    if _ABOUT_CONTACT.search(plain):
        return False
    return bool(_HUMAN_ENGLISH.search(plain) or _HUMAN_CHINESE.search(plain))
