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
    HandOffReason.PARCEL: "I am passing this to a colleague, with your order attached.",
    HandOffReason.NOT_VERIFIED: "I could not confirm the order. A colleague will help you to find it.",
    HandOffReason.NO_REFUND: "I see no refund for this order. A colleague will look into it, with your order attached.",
    "ask_order": (
        "I can look that up. What is your order number, and the last 4 digits of the phone number on the "
        "order?"
    ),
    "ask_tail": "Thank you. For your safety: what are the last 4 digits of the phone number on order {order_no}?",
    "ask_number": "Thank you. And what is the order number?",
    "not_found": "I found no order with this number and these digits. Please check both and send them again.",
    "where_number": (
        "The order number is in your confirmation e-mail and under My orders; it looks like LL100123."
        " A colleague can also find it for you."
    ),
    "which_order": "Which of your orders is it about?",
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
    HandOffReason.PARCEL: "这就为您转接同事处理，订单信息已一并附上。",
    HandOffReason.NOT_VERIFIED: "没能核实到订单，我请同事来帮您查。",
    HandOffReason.NO_REFUND: "这个订单还没有看到退款记录，我请同事来核实，订单信息已一并附上。",
    "ask_order": "可以帮您查。请告诉我订单号，以及下单手机号的后4位。",
    "ask_tail": "收到。为了保护您的信息，请再告诉我订单{order_no}下单手机号的后4位。",
    "ask_number": "收到。请再告诉我订单号。",
    "not_found": "没有查到与该订单号和手机尾号相符的订单，请核对后重新发给我。",
    "where_number": "订单号在“我的订单”和确认邮件里，形如LL100123。也可以请同事帮您查找。",
    "which_order": "您想查询哪一个订单呢？",
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
