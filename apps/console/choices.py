"""What agents choose from on the console: codes and their words."""

from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from apps.chat.enums import CloseReason, JoinMode
from apps.chat.permissions import ChatAction

# Code, title, and what an empty one says.
SECTIONS = [
    ("mine", _("Mine"), _("Chats you accept stand here.")),
    ("waiting", _("Waiting"), _("Nobody waits in your queues.")),
    ("online", _("Online"), ""),
    ("offline", _("Offline"), ""),
    ("gone", _("Gone"), ""),
]

# Context cards in their fixed order: code, title, icon.
CARDS = [
    ("customer", _("Customer"), "user"),
    ("orders", _("Orders and parcels"), "box"),
    ("faqs", _("Suggestions"), "book"),
    ("previous", _("Previous chats"), "history"),
    ("tickets", _("Tickets"), "ticket"),
    ("refunds", _("Refunds"), "refund"),
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
    (("Shift", "S"), _("Send the first suggestion")),
    (("O",), _("Look up an order")),
    (("T",), _("Transfer")),
    (("E",), _("End chat")),
    (("F",), _("Find in this chat")),
    (("/",), _("Search; in a reply: canned replies")),
    (("#",), _("In a reply: texts of the SOPs")),
    (("[",), _("Fold the list")),
    (("]",), _("Fold the context")),
    (("Ctrl", "K"), _("Commands")),
    (("Enter",), _("Send")),
    (("Shift", "Enter"), _("New line")),
    (("Esc",), _("Close, leave the field")),
    (("?",), _("This help")),
]

# The keys of pages beside the chats; the places' own come first.
SHELL_SHORTCUTS = [
    (("J",), _("Next row")),
    (("K",), _("Previous row")),
    (("Enter",), _("Open the row")),
    (("X",), _("Choose the row")),
    (("C",), _("New ticket")),
    (("R",), _("Reply")),
    (("N",), _("Internal note")),
    (("/",), _("Search")),
    (("Ctrl", "K"), _("Search and commands")),
    (("Esc",), _("Close, leave the field")),
    (("?",), _("This help")),
]

# What happened to a chat on its way to an agent, and by which method.
ROUTING_STEPS = {
    "queued": _("Queued"),
    "offered": _("Offered to %(agent)s"),
    "accepted": _("%(agent)s accepted"),
    "declined": _("%(agent)s declined"),
    "expired": _("%(agent)s did not answer in time"),
    "withdrawn": _("The offer to %(agent)s was withdrawn"),
    "assigned": _("Assigned to %(agent)s"),
    "transferred": _("Transferred"),
    "requeued": _("Back in the queue"),
    "left": _("Left the queue"),
    "overflow": _("Overflow: %(action)s"),
}
METHODS = {
    "least_busy": _("fewest chats of all who were free"),
    "round_robin": _("it was their turn"),
    "longest_idle": _("free the longest"),
    "sticky": _("fewest chats of all who were free"),
    "preferred": _("knows this customer"),
}

THEME_LABELS = [("system", pgettext_lazy("theme", "System")), ("light", _("Light")), ("dark", _("Dark"))]
