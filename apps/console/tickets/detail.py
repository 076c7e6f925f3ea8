"""A ticket's page: reading it, changing its fields, writing to it. In a sheet over the chats it is the same."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID, uuid4

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe
from django_htmx.http import reswap, retarget, trigger_client_event

from apps.access.models import User
from apps.audit import services as audit
from apps.common.errors import DomainError, Invalid
from apps.console.pages import render_page
from apps.console.preferences import StaffRequest, console_view
from apps.console.tickets import reading
from apps.console.tickets.choosing import chosen_queue
from apps.console.tickets.words import change_words
from apps.tickets import services
from apps.tickets.errors import StaleVersion
from apps.tickets.models import Ticket, TicketAttachment
from apps.tickets.permissions import TicketAction

TEXT_FIELDS = ("status", "priority", "subject", "order_no")


@require_safe
@console_view
def ticket_page(request: StaffRequest, number: int) -> HttpResponse:
    """The whole page; as a sheet for htmx. That it was read is on record."""
    ticket = reading.visible_ticket(request.user, number)
    audit.record_read(actor=request.user, action=TicketAction.READ, target=ticket)
    context = reading.ticket_context(request.user, ticket) | {
        "viewers": reading.note_viewer(ticket, request.user),
        "ref": uuid4(),
    }
    return render_page(
        request, "console/tickets/ticket.html", context, place="tickets", part="console/tickets/_sheet.html"
    )


@require_safe
@console_view
def news(request: StaffRequest, number: int) -> HttpResponse:
    """What changed since the page was made; 204 when nothing did. Also says that somebody is looking."""
    ticket = reading.visible_ticket(request.user, number)
    viewers = reading.note_viewer(ticket, request.user)
    known = (request.GET.get("seq"), request.GET.get("version"), request.GET.get("viewers", ""))
    if known == (str(ticket.last_seq), str(ticket.version), ", ".join(viewers)):
        return HttpResponse(status=204)
    return _parts(request, ticket, viewers=viewers)


@require_POST
@console_view
def change(request: StaffRequest, number: int) -> HttpResponse:
    """Set one field. When somebody was faster: 409, and the ticket as it is now with the wish beside it."""
    ticket = reading.visible_ticket(request.user, number)
    wish: dict[str, Any] = {}
    try:
        wish = _wish(request, ticket)
        version = int(request.POST.get("version") or 0) or None
        services.change_ticket(ticket, actor=request.user, version=version, **wish)
    except StaleVersion:
        fresh = reading.visible_ticket(request.user, number)
        return _parts(request, fresh, status=409, conflict=_conflict(request, fresh, wish))
    except (DomainError, ValueError) as error:
        fresh = reading.visible_ticket(request.user, number)
        return _parts(request, fresh, status=422, problem=_said(error))
    return _changed(_parts(request, _again(request, number)))


def _again(request: StaffRequest, number: int) -> Ticket | None:
    """The ticket after the change; None when it has left what the user may see."""
    return Ticket.objects.visible_to(request.user).with_row().filter(number=number).first()


def _wish(request: StaffRequest, ticket: Ticket) -> dict[str, Any]:
    """The field that the form sets, as the service wants it."""
    post = request.POST
    wish: dict[str, Any] = {name: post[name] for name in TEXT_FIELDS if name in post}
    if "assignee" in post:
        wish["assignee"] = _assignee(post["assignee"], request.user)
    if "queue" in post:
        wish["queue"] = chosen_queue(post["queue"]) if post["queue"] else None
    if "tag" in post:
        wish["tags"] = [*ticket.tags, *post["tag"].replace("，", ",").split(",")]
    if "untag" in post:
        wish["tags"] = [tag for tag in ticket.tags if tag != post["untag"]]
    return wish


def _assignee(value: str, user: User) -> User | None:
    if value == "me":
        return user
    return get_object_or_404(User, pk=value, is_active=True) if value else None


def _conflict(request: StaffRequest, ticket: Ticket, wish: dict[str, Any]) -> dict[str, Any]:
    """What was wanted and what it is now, with the form's own values to send again."""
    names = [name for name in wish if name != "tags"] or ["tags"]
    current = services.state_of(ticket)
    shown = {name: {"name": str(value)} if hasattr(value, "pk") else value for name, value in wish.items()}
    fields = {
        name: value for name, value in request.POST.items() if name not in ("version", "csrfmiddlewaretoken")
    }
    told = [change_words(name, current[name], shown.get(name)) for name in names]
    return {"wish": " · ".join(told), "fields": fields}


def _said(error: Exception) -> str:
    if isinstance(error, Invalid) and error.fields:
        return " ".join(str(word) for words in error.fields.values() for word in words)
    return getattr(error, "detail", "") or _("The input is not valid.")


def _parts(request: StaffRequest, ticket: Ticket | None, *, status: int = 200, **more: Any) -> HttpResponse:
    """Head, thread and side column, put into place by their ids."""
    if ticket is None:
        return render(request, "console/tickets/_gone.html", {})
    if "viewers" not in more:
        more["viewers"] = reading.note_viewer(ticket, request.user)
    context = reading.ticket_context(request.user, ticket) | more
    return render(request, "console/tickets/_parts.html", context, status=status)


def _changed(response: HttpResponse) -> HttpResponse:
    """Lists and cards that show tickets follow."""
    return trigger_client_event(response, "desk:changed", {"refresh": ["tickets"]})


@require_POST
@console_view
def write(request: StaffRequest, number: int) -> HttpResponse:
    """Reply or note, with files; a reply may set the status with it."""
    ticket = reading.visible_ticket(request.user, number)
    note = request.POST.get("mode") == "note"
    if not note and _unseen(request, ticket):
        return _refused(
            _("There is something new on this ticket. Read it, then send again."), status=409, news=True
        )
    try:
        files = _files(request)
        body, ref = request.POST.get("body", ""), _ref(request)
        if note:
            services.add_note(ticket, actor=request.user, body=body, ref=ref, attachments=files)
        else:
            wanted = request.POST.get("status") or None
            status = wanted if wanted != ticket.status else None
            services.reply(ticket, actor=request.user, body=body, ref=ref, attachments=files, status=status)
    except DomainError as error:
        return _refused(_said(error))
    response = _changed(_parts(request, _again(request, number)))
    return trigger_client_event(
        response, "ticket:written", {"ref": str(uuid4()), "mode": "note" if note else "reply"}
    )


def _unseen(request: StaffRequest, ticket: Ticket) -> bool:
    """Whether somebody else wrote since the writer's page was last brought up to date."""
    seen = request.POST.get("seq", "")
    if not seen.isdigit():
        return False
    fresh = ticket.messages.filter(seq__gt=int(seen)).exclude(kind="event")
    return fresh.exclude(author_user=request.user).exists()


def _ref(request: StaffRequest) -> UUID:
    try:
        return UUID(request.POST.get("ref", ""))
    except ValueError as error:
        raise Invalid(_("Reload the page and try again.")) from error


def _files(request: StaffRequest) -> Sequence[TicketAttachment]:
    """The uploaded files, kept; each is judged by its content."""
    return [services.keep_file(upload, actor=request.user) for upload in request.FILES.getlist("files")]


def _refused(words: str, *, status: int = 422, news: bool = False) -> HttpResponse:
    """The words beside the composer; what was written stays in it."""
    response = reswap(retarget(HttpResponse(status=status), "find [data-error]"), "textContent")
    response.content = words.encode()
    response["Content-Type"] = "text/plain; charset=utf-8"
    return trigger_client_event(response, "ticket:news", {}) if news else response
