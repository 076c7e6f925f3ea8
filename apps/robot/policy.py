"""What the robot does about what it heard: answer, ask back once, or bring in a human.

The thresholds are chances that the best FAQ is right. Measured on the demo knowledge base (966 FAQs, half of them
in each language) with 64 realistic messages in each language, and 42 + 40 that no FAQ answers:

========  ============  ==============  ==============  ====================  =====================
language  right first   right in three  answered alone  of these right first  other talk answered
========  ============  ==============  ==============  ====================  =====================
English   91 %          100 %           84 %            94 %                  5 %
Chinese   91 %          98 %            81 %            92 %                  3 %
========  ============  ==============  ==============  ====================  =====================

Where an answer is not the right one, the right one is its neighbour: it stands among the first three, hence in the
related questions under the answer. On open question sets of other trades (2,426 messages to 930 entries) the same
threshold answers 55 %, 91 % of these right.
"""

from datetime import datetime

from apps.knowledge.selectors import FaqHit, search_faqs
from apps.robot import selectors
from apps.robot.enums import HandOffReason, TurnOutcome
from apps.robot.intents import Intent, recognise
from apps.robot.order_flow import reply_about_order
from apps.robot.phrases import say
from apps.robot.replies import Reply, choices, hand_off
from apps.robot.selectors import Heard

ANSWER_FROM = 0.7  # answers alone
OFFER_FROM = 0.15  # worth offering as "did you mean"
CANDIDATES = 3
RELATED = 2
LISTED = 5


def greeting(own: str, lang: str) -> Reply:
    """The first line of a session: the inbox's ``own`` greeting where it has one, with the menu."""
    return Reply(TurnOutcome.GREETED, own or say("greeting", lang), choices(selectors.menu(lang)))


def reply_to(heard: Heard, *, now: datetime) -> Reply:
    """What to do about ``heard``. Writes nothing; about an order it asks the shop, so never in a transaction."""
    if heard.has_file:
        return hand_off(heard.lang, HandOffReason.FILE)
    intent = recognise(heard.text)
    if intent is not None:
        return _reply_to_intent(heard, intent)
    about_order = reply_about_order(heard, now=now)
    if about_order is not None:
        return about_order
    category = selectors.category_named(heard.text, heard.lang)
    if category is not None:
        faqs = selectors.most_asked(category, heard.lang, now=now, limit=LISTED)
        body = say("list", heard.lang, category=category.name_in(heard.lang))
        return Reply(TurnOutcome.LISTED, body, choices(faq.question for faq in faqs))
    return _reply_from_faqs(heard)


def _reply_to_intent(heard: Heard, intent: Intent) -> Reply:
    previous = heard.previous
    if intent == Intent.HUMAN:
        return hand_off(heard.lang, HandOffReason.ASKED)
    answered = previous.faq if previous and previous.outcome == TurnOutcome.ANSWERED else None
    if (
        intent == Intent.NOT_HELPED
        and previous
        and previous.outcome in (TurnOutcome.ANSWERED, TurnOutcome.CLARIFIED, TurnOutcome.ORDER_TOLD)
    ):
        return hand_off(heard.lang, HandOffReason.NOT_HELPED, helped=(answered, False) if answered else None)
    payload = {} if intent in (Intent.THANKS, Intent.GOODBYE) else choices(selectors.menu(heard.lang))
    helped = (answered, True) if answered and intent == Intent.THANKS else None
    return Reply(TurnOutcome.SMALL_TALK, say(intent, heard.lang), payload, helped=helped)


def _reply_from_faqs(heard: Heard) -> Reply:
    hits = search_faqs(heard.text, lang=heard.lang, limit=CANDIDATES + RELATED)
    best = hits[0] if hits else None
    if best and best.score >= ANSWER_FROM:
        return (
            hand_off(heard.lang, HandOffReason.BY_FAQ, hit=best)
            if best.faq.hands_off
            else _answer(best, hits[1:])
        )
    if heard.previous and heard.previous.outcome == TurnOutcome.CLARIFIED:
        return hand_off(heard.lang, HandOffReason.NOT_UNDERSTOOD, hit=best)
    return _ask_back(heard, hits)


def _answer(best: FaqHit, others: list[FaqHit]) -> Reply:
    related = [hit.faq.question for hit in others if hit.score >= OFFER_FROM and not hit.faq.hands_off]
    payload = {"faq": best.faq.key} | choices(related[:RELATED])
    return Reply(TurnOutcome.ANSWERED, best.faq.answer, payload, hit=best)


def _ask_back(heard: Heard, hits: list[FaqHit]) -> Reply:
    best = hits[0] if hits else None
    if best and best.score >= OFFER_FROM:
        questions = [hit.faq.question for hit in hits[:CANDIDATES]]
        return Reply(TurnOutcome.CLARIFIED, say("clarify", heard.lang), choices(questions), hit=best)
    body = say("clarify_openly", heard.lang)
    return Reply(TurnOutcome.CLARIFIED, body, choices(selectors.menu(heard.lang)), hit=best)
