"""The admin's menu, in managers' words, and its first page."""

from typing import Any, NamedTuple, cast

from django.apps import apps
from django.contrib import admin
from django.http import HttpRequest
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from apps.access.models import User
from apps.console.overview import overview


class Entry(NamedTuple):
    """A line of the menu: the list page of ``model``, or the page at ``link``."""

    title: Promise
    icon: str
    model: str = ""
    link: str = ""  # name of a URL


MENU: list[tuple[Promise, list[Entry]]] = [
    (
        _("Hours & peaks"),
        [
            Entry(_("Service hours"), "schedule", "routing.ServiceCalendar"),
            Entry(_("Special periods"), "celebration", "routing.SpecialPeriod"),
        ],
    ),
    (
        _("Routing"),
        [
            Entry(_("Queues"), "inbox", "routing.Queue"),
            Entry(_("Routing rules"), "alt_route", "routing.RoutingRule"),
            Entry(_("Skills"), "school", "routing.Skill"),
            Entry(_("Agents & capacity"), "headset_mic", "routing.AgentSeat"),
            Entry(_("Waiting work"), "hourglass_top", "routing.QueueEntry"),
            Entry(_("Assignments"), "assignment_ind", "routing.Assignment"),
        ],
    ),
    (
        _("Knowledge"),
        [
            Entry(_("FAQs"), "quiz", "knowledge.Faq"),
            Entry(_("Categories"), "category", "knowledge.FaqCategory"),
            Entry(_("SOPs"), "checklist", "knowledge.Sop"),
            Entry(_("SOP revisions"), "rule", "knowledge.SopRevision"),
            Entry(_("Canned replies"), "quickreply", "knowledge.CannedReply"),
            Entry(_("Use of suggestions"), "recommend", "knowledge.SuggestionFeedback"),
            Entry(_("Robot answers"), "smart_toy", "robot.RobotTurn"),
        ],
    ),
    (
        _("People & access"),
        [
            Entry(_("People"), "badge", "access.User"),
            Entry(_("Roles"), "admin_panel_settings", "access.Role"),
            Entry(_("Policies"), "rule", "access.Policy"),
            Entry(_("Signed in"), "devices", "access.WebSession"),
            Entry(_("Locked out"), "lock_clock", "access.LockOut"),
            Entry(_("Grants"), "key", "access.Grant"),
            Entry(_("Assumed roles"), "swap_horiz", "access.RoleSession"),
            Entry(_("Partners"), "handshake", "access.Vendor"),
            Entry(_("Uncovered fields"), "visibility", "access.Reveal"),
            Entry(_("Customers"), "groups", "customers.Customer"),
        ],
    ),
    (
        _("Channels"),
        [
            Entry(_("Inboxes"), "forum", "inboxes.Inbox"),
            Entry(_("Mailboxes"), "alternate_email", "inboxes.EmailAccount"),
            Entry(_("Incoming mail"), "mark_email_unread", "inboxes.InboundEmail"),
            Entry(_("When chats end"), "timer_off", "chat.TerminationRule"),
        ],
    ),
    (
        _("Notifications"),
        [
            Entry(_("Notifications"), "notifications", "notifications.Notification"),
            Entry(_("Deliveries"), "forward_to_inbox", "notifications.NotificationDelivery"),
            Entry(_("Outgoing mail"), "outgoing_mail", "notifications.OutgoingEmail"),
            Entry(_("Texts"), "edit_note", "notifications.NotificationTemplate"),
            Entry(_("Opt-outs"), "unsubscribe", "notifications.OptOut"),
        ],
    ),
    (
        _("Shop"),
        [
            Entry(_("Orders"), "shopping_bag", "orders.Order"),
            Entry(_("Parcels"), "local_shipping", "orders.Shipment"),
            Entry(_("Products"), "storefront", "orders.Product"),
        ],
    ),
    (
        _("Refunds"),
        [
            Entry(_("Refunds"), "currency_exchange", "refunds.Refund"),
            Entry(_("Refund limits"), "price_check", "refunds.RefundLimit"),
            Entry(_("Reports to the shop"), "outbox", "refunds.RefundReport"),
            Entry(_("Notices of gateways"), "notifications_active", "refunds.RefundNotice"),
            Entry(_("Ledger"), "account_balance", "refunds.LedgerEntry"),
        ],
    ),
    (
        _("Quality"),
        [
            Entry(_("Alert rules"), "notifications_active", "monitoring.AlertRule"),
            Entry(_("Alerts"), "warning", "monitoring.Alert"),
            Entry(_("Alert webhooks"), "webhook", "monitoring.AlertWebhook"),
            Entry(_("Chats"), "chat", "chat.ChatSession"),
            Entry(_("Tickets"), "confirmation_number", "tickets.Ticket"),
            Entry(_("SLA policies"), "timer", "tickets.SlaPolicy"),
            Entry(_("Ticket views"), "view_list", "tickets.TicketView"),
            Entry(_("Ratings"), "star", "surveys.Survey"),
        ],
    ),
    (
        _("Privacy"),
        [
            Entry(_("Retention rules"), "auto_delete", "customers.RetentionRule"),
            Entry(_("Purges"), "cleaning_services", "customers.PurgeRun"),
            Entry(_("Copies of customer data"), "folder_zip", "customers.CustomerExport"),
            Entry(_("Erasures"), "person_remove", "customers.Erasure"),
            Entry(_("Legal holds"), "gavel", "customers.LegalHold"),
            Entry(_("Consents"), "how_to_reg", "customers.Consent"),
        ],
    ),
    (
        _("Audit"),
        [
            Entry(_("Audit trail"), "policy", "audit.AuditEvent"),
            Entry(_("Audit seals"), "verified", "audit.AuditSeal"),
            Entry(_("Log service"), "cloud_upload", "audit.AuditCursor"),
        ],
    ),
    (
        _("System"),
        [
            Entry(_("API clients"), "integration_instructions", "access.ApiClient"),
            Entry(_("Event sources"), "webhook", "eventbridge.EventSource"),
            Entry(_("Inbound events"), "move_to_inbox", "eventbridge.InboundEvent"),
            Entry(_("API tokens"), "key", "access.ApiToken"),
            Entry(_("API documentation"), "api", link="api-docs"),
        ],
    ),
]


def sidebar(request: HttpRequest) -> list[dict[str, Any]]:
    """The menu as the theme wants it, with what ``request.user`` may open; groups without a line are left out."""
    first = _item(Entry(_("Overview"), "dashboard", link="admin:index"))
    groups: list[dict[str, Any]] = [{"title": "", "items": [first]}]
    for title, entries in MENU:
        items = [_item(entry) for entry in entries if _may_open(request, entry)]
        if items:
            groups.append({"title": title, "separator": True, "items": items})
    return groups


def _item(entry: Entry) -> dict[str, Any]:
    if entry.link:
        return {"title": entry.title, "icon": entry.icon, "link": reverse(entry.link)}
    name = entry.model.lower().replace(".", "_")
    return {"title": entry.title, "icon": entry.icon, "link": reverse(f"admin:{name}_changelist")}


def _may_open(request: HttpRequest, entry: Entry) -> bool:
    """As the page itself will decide; a model without a page is not shown."""
    if entry.link:
        return True
    label, name = entry.model.split(".")
    model = apps.all_models[label].get(name.lower())
    page = admin.site._registry.get(model) if model else None
    return page is not None and page.has_view_permission(request)


def dashboard(request: HttpRequest, context: dict[str, Any]) -> dict[str, Any]:
    """The first page: live figures and the queues."""
    return context | {"title": _("Overview"), "overview": overview(cast(User, request.user))}
