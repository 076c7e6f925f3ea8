"""The customer's page of a ticket, opened by the signed link in their mail; and the files on it."""

from typing import Any
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils import timezone, translation
from django.utils.cache import add_never_cache_headers
from django.views.decorators.http import require_http_methods, require_safe

from apps.access import shown_files
from apps.chat.services.attachments import ALLOWED_TYPES
from apps.common import throttle
from apps.common.downloads import download_of
from apps.common.errors import DomainError, Invalid
from apps.tickets import links, selectors, services
from apps.tickets.enums import TicketChannel
from apps.tickets.errors import LinkExpired
from apps.tickets.models import Ticket, TicketAttachment
from apps.tickets.services.forms import FORM_BODY_MAX, FORM_FILES_MAX

WRITES = 20  # of one ticket's customer in ten minutes
WINDOW_S = 600
SHOWN = 200  # messages; older ones came by mail


@require_http_methods(["GET", "HEAD", "POST"])
def ticket_page(request: HttpRequest, token: str) -> HttpResponse:
    """Read the ticket, answer it. Whoever holds the link is its customer; it goes to their address only."""
    try:
        ticket = selectors.ticket_of_page(token)
    except LinkExpired:
        with translation.override(translation.get_language_from_request(request)):
            return _private(render(request, "tickets/page_gone.html", status=404))
    with translation.override(_language(request, ticket)), timezone.override(_zone(ticket)):
        return _private(_answer(request, ticket) if request.method == "POST" else _page(request, ticket))


def _language(request: HttpRequest, ticket: Ticket) -> str:
    """The ticket's, unless the reader asks for the other one."""
    wanted = request.GET.get("lang") or ticket.locale
    return "zh-hans" if wanted.lower().startswith("zh") else "en"


def _zone(ticket: Ticket) -> Any:
    """Of the customer, where known; scripts show the reader's own."""
    try:
        return ZoneInfo(ticket.customer.zone or "UTC")
    except (KeyError, ValueError, OSError):
        return timezone.get_default_timezone()


def _page(request: HttpRequest, ticket: Ticket, *, status: int = 200, **form: Any) -> HttpResponse:
    context = {
        "ticket": ticket,
        "messages": selectors.messages_of(ticket, for_customer=True, limit=SHOWN),
        "shop_name": ticket.inbox.shop_name if ticket.inbox else "",
        "ref": uuid4(),
        "types": ",".join(ALLOWED_TYPES),
        "sent": "sent" in request.GET,
        "body_max": FORM_BODY_MAX,
        **form,
    }
    return render(request, "tickets/page.html", context, status=status)


def _answer(request: HttpRequest, ticket: Ticket) -> HttpResponse:
    """Store what was written and show it; a refusal keeps the text."""
    try:
        message = _store(request, ticket)
    except DomainError as error:
        typed = {"typed": request.POST.get("body", ""), "fault": _words(error)}
        return _page(request, ticket, status=error.status if error.status != 409 else 200, **typed)
    language = request.GET.get("lang", "")
    path = links.page_path(message.ticket)  # of the follow-up, where the ticket was closed
    return HttpResponseRedirect(f"{path}?sent=1{'&lang=zh' if language == 'zh' else ''}#end")


def _store(request: HttpRequest, ticket: Ticket) -> Any:
    throttle.require(f"ticket-page:{ticket.pk}", limit=WRITES, window_s=WINDOW_S)
    body, uploads = request.POST.get("body", ""), request.FILES.getlist("files")
    if len(body) > FORM_BODY_MAX or len(uploads) > FORM_FILES_MAX:
        raise Invalid(translation.gettext("This is too much for a message."))
    customer = ticket.customer
    kept = [services.keep_file(upload, actor=customer) for upload in uploads]
    return services.add_customer_message(
        ticket,
        customer=customer,
        body=body,
        via=TicketChannel.WEB,
        attachments=kept,
        ref=_ref(request.POST.get("ref", "")),
    )


def _ref(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        return uuid4()


def _words(error: DomainError) -> str:
    """What to tell the customer."""
    fields = error.fields if isinstance(error, Invalid) else {}
    return " ".join(str(line) for lines in fields.values() for line in lines) or error.detail


def _private(response: HttpResponse) -> HttpResponse:
    """The address is the key: it is neither kept, nor passed on, nor found."""
    add_never_cache_headers(response)
    # Elsewhere learns nothing; our own form needs an origin, which "no-referrer" would take away.
    response["Referrer-Policy"] = "same-origin"
    response["X-Robots-Tag"] = "noindex, nofollow"
    return response


@require_safe
def serve_file(request: HttpRequest, signed: str) -> HttpResponse:
    """A file of a ticket, to whoever holds a signature in force; never as a page of ours.

    403 ``file_masked`` for those who see masks, unless they have uncovered it.
    """
    shown_id = shown_files.id_of(signed, links.FILE_LABEL)
    public_id = shown_id or links.attachment_id_of(signed)
    files = TicketAttachment.objects.select_related("message")
    attachment = files.filter(public_id=public_id).first() if public_id else None
    if attachment is None:
        raise Http404("This link is unknown or has expired.")
    if not shown_id and attachment.is_customers:
        refused = shown_files.refusal(request, "tickets:ReadFile", file=public_id)
        if refused is not None:
            return refused
    return download_of(attachment, kept_s=0 if shown_id else links.FILE_LIFE_S)
