"""What agents choose from on the console: codes and their words."""

from django.utils.translation import gettext_lazy as _

from apps.chat.enums import CloseReason, JoinMode
from apps.chat.permissions import ChatAction

SECTIONS = [
    ("mine", _("Mine"), _("Chats that you take stand here.")),
    ("waiting", _("Waiting"), _("Nobody waits in your queues.")),
    ("online", _("Online"), _("No other customer is on the shop's pages.")),
    ("offline", _("Offline"), _("Nobody has just left.")),
    ("gone", _("Gone"), _("No open chat whose customer is gone.")),
]

# Context cards in their fixed order: code, title, icon.
CARDS = [
    ("customer", _("Customer"), "user"),
    ("orders", _("Orders and parcels"), "box"),
    ("faqs", _("Suggested answers"), "book"),
    ("previous", _("Previous chats"), "history"),
    ("tickets", _("Tickets"), "ticket"),
]

BREAK_REASONS = [
    ("lunch", _("Lunch")),
    ("pause", _("Short break")),
    ("meeting", _("Meeting")),
    ("training", _("Training")),
]

END_REASONS = [
    (CloseReason.RESOLVED, _("Resolved"), _("The customer has what they came for.")),
    (CloseReason.AGENT_CLOSED, _("Ended without a result"), _("Nothing more can be done here now.")),
    (CloseReason.SPAM, _("Spam"), _("Not a customer; nobody is asked for a rating.")),
]

WRAP_UP_CODES = [
    ("", _("Not said")),
    ("product", _("Product advice")),
    ("order", _("Order or delivery")),
    ("return", _("Return or refund")),
    ("payment", _("Payment or invoice")),
    ("promotion", _("Coupons and promotions")),
    ("account", _("Account or membership")),
    ("complaint", _("Complaint")),
    ("other", _("Something else")),
]

JOINS = [
    (JoinMode.SILENT, ChatAction.JOIN_SILENT, _("Watch"), _("Nobody is told.")),
    (JoinMode.WHISPER, ChatAction.JOIN_WHISPER, _("Whisper"), _("Notes that only the agent sees.")),
    (JoinMode.BARGE, ChatAction.JOIN_BARGE, _("Speak to both"), _("The customer sees your messages.")),
    (JoinMode.TAKEOVER, ChatAction.JOIN_TAKEOVER, _("Take over"), _("The chat becomes yours.")),
]

SHORTCUTS = [
    (("J",), _("Next chat")),
    (("K",), _("Previous chat")),
    (("A",), _("Accept an offer, take a chat")),
    (("R",), _("Reply")),
    (("N",), _("Internal note")),
    (("S",), _("Insert the first suggestion")),
    (("T",), _("Transfer")),
    (("E",), _("End chat")),
    (("G", "C"), _("Go to all chats")),
    (("/",), _("Search; in a reply: canned replies")),
    (("[",), _("Fold the list")),
    (("]",), _("Fold the context")),
    (("Ctrl", "K"), _("Commands")),
    (("Enter",), _("Send")),
    (("Shift", "Enter"), _("New line")),
    (("Esc",), _("Close, leave the field")),
    (("?",), _("This help")),
]

THEME_LABELS = [("system", _("System")), ("light", _("Light")), ("dark", _("Dark"))]
