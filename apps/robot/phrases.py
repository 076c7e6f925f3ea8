"""The robot's own words, in each language that it speaks. Content, like an FAQ's answer: not the interface."""

from apps.knowledge.enums import FaqLanguage
from apps.robot.enums import HandOffReason
from apps.robot.intents import Intent

_ENGLISH = {
    "greeting": "Hello! Ask me anything about your order, delivery, returns or our products.",
    "back": "I am here again. What is it about? You can pick a topic or write it in your own words.",
    "clarify": "I want to be sure I get you right. Did you mean one of these?",
    "clarify_openly": "I did not quite get that. Could you put it in other words, or pick a topic?",
    "list": "This is what others ask about “{category}”:",
    HandOffReason.ASKED: "Of course. I am passing you on to a colleague.",
    HandOffReason.NOT_UNDERSTOOD: "I would rather leave this to a colleague, so that you get the right answer.",
    HandOffReason.NOT_HELPED: "I am sorry that did not help. I am asking a colleague to look at it.",
    HandOffReason.FILE: "Thank you. I cannot look at files myself, so I am passing it to a colleague.",
    HandOffReason.BY_FAQ: "A colleague will take care of this.",
    Intent.GREETING: "Hello! What can I do for you?",
    Intent.THANKS: "You are welcome! Is there anything else?",
    Intent.GOODBYE: "Thank you for stopping by. Have a nice day!",
    Intent.ARE_YOU_A_ROBOT: (
        "Yes, I am the shop's robot. I answer common questions at any hour; write “human” to reach a colleague."
    ),
    Intent.NOT_HELPED: "What would you like to know? You can also pick a topic.",
}  # fmt: skip

_CHINESE = {
    "greeting": "您好！订单、配送、退换货或商品问题，都可以问我。",
    "back": "我又来啦。您想了解什么？可以选一个话题，也可以直接写给我。",
    "clarify": "想确认一下您的意思，您是想问下面哪个问题呢？",
    "clarify_openly": "抱歉，我没太明白。您可以换个说法，或者选一个话题：",
    "list": "关于“{category}”，大家常问这些：",
    HandOffReason.ASKED: "好的，这就为您转接人工客服。",
    HandOffReason.NOT_UNDERSTOOD: "这个问题我请同事来帮您，免得答错耽误您。",
    HandOffReason.NOT_HELPED: "抱歉没能帮到您，我请同事来看一下。",
    HandOffReason.FILE: "收到。文件和图片我看不了，这就转给同事为您查看。",
    HandOffReason.BY_FAQ: "这个需要同事为您处理，请稍候。",
    Intent.GREETING: "您好！请问有什么可以帮您？",
    Intent.THANKS: "不客气！还有其他可以帮您的吗？",
    Intent.GOODBYE: "感谢您的光临，祝您生活愉快！",
    Intent.ARE_YOU_A_ROBOT: "我是小店的智能客服，常见问题随时为您解答。需要人工的话，回复“人工”就好。",
    Intent.NOT_HELPED: "请问您想了解什么呢？也可以选一个话题：",
}  # fmt: skip

_PHRASES = {FaqLanguage.ENGLISH: _ENGLISH, FaqLanguage.CHINESE: _CHINESE}


def say(name: str, lang: str, **values: str) -> str:
    """The phrase ``name`` in ``lang``."""
    return _PHRASES[FaqLanguage(lang)][name].format(**values)
