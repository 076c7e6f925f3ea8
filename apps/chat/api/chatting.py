"""What the visitor's and the agent's REST twins have in common."""

from typing import Any

from django.conf import settings
from rest_framework.response import Response
from rest_framework.serializers import Serializer

from apps.chat import history, services
from apps.chat.api.inputs import PageQuery, RefInput, SearchQuery, SendInput, TypingInput, UploadInput
from apps.chat.api.outputs import HitsOutput, UploadOutput
from apps.chat.enums import Side
from apps.chat.log import session_group
from apps.chat.models import ChatSession
from apps.common import throttle
from apps.common.errors import AccessDenied
from apps.common.wake import wake


def valid(serializer: type[Serializer], data: Any) -> dict[str, Any]:
    """The checked body. Raises DRF's ``ValidationError``."""
    checked = serializer(data=data)
    checked.is_valid(raise_exception=True)
    return checked.validated_data


def send(request: Any, session: ChatSession, actor: Any) -> Response:
    """Store one message: 201 with its seq, 200 when the same came before."""
    body = valid(SendInput, request.data)
    receipt = services.post_message(session, actor=actor, **body)
    answer = {"ref": receipt.ref, "session": session.public_id, "seq": receipt.seq, "at": receipt.at}
    return Response(answer, status=200 if receipt.repeated else 201)


def cancel(request: Any, session: ChatSession, actor: Any) -> Response:
    """Give a ref up: ``stored`` with its seq when it was too late."""
    ref = valid(RefInput, request.data)["ref"]
    receipt = services.cancel_message(session, actor=actor, ref=ref).receipt
    return Response({"result": "stored", "seq": receipt.seq} if receipt else {"result": "cancelled"})


def messages(request: Any, session: ChatSession, side: str) -> Response:
    """A page after ``?after=`` or before ``?before=``; the newest page without either; or around a place."""
    query = valid(PageQuery, request.query_params)
    limit, anchor = query["limit"], _anchor(session, side, query)
    if anchor is not None:
        return _around(history.messages_around(session, side, anchor, limit=limit))
    if "after" in query:
        page = history.messages_after(session, side, query["after"], limit=limit)
    else:
        page = history.messages_before(session, side, query.get("before"), limit=limit)
    return Response({"results": page.frames, "has_more": page.has_more})


def _anchor(session: ChatSession, side: str, query: dict[str, Any]) -> int | None:
    """The seq around which a page is wanted: named, by time, or the first unread; None for a page at an edge."""
    if "around" in query:
        return query["around"]
    if "at" in query:
        return history.first_seq_at(session, query["at"])
    return history.first_unread_seq(session, side) if query["unread"] else None


def _around(page: history.Surroundings) -> Response:
    return Response(
        {
            "results": page.frames,
            "has_more": page.has_older,
            "has_newer": page.has_newer,
            "anchor": page.anchor,
        }
    )


def search(request: Any, session: ChatSession, side: str) -> Response:
    """What has all words of ``?q=``, the newest first; ``next_before`` goes on where a page or its reach ends."""
    query = valid(SearchQuery, request.query_params)
    found = history.search(session, side, query["q"], before=query.get("before"), limit=query["limit"])
    return Response(HitsOutput(found).data)


def typing(request: Any, session: ChatSession, actor: Any, side: str) -> Response:
    """Passed on to the other side, never stored. Only whoever could send is seen typing."""
    body = valid(TypingInput, request.data)
    if side == Side.AGENT and not services.speaks_in(session, actor):
        raise AccessDenied()
    wake(
        session_group(session.pk),
        type="chat.typing",
        session_pk=session.pk,
        side=side,
        name=actor.actor_label,
        **body,
    )
    return Response(status=204)


def upload(request: Any, session: ChatSession, actor: Any) -> Response:
    """Keep a file, to be sent by a message that names its id."""
    throttle.require(f"upload:{session.pk}", limit=settings.CHAT_UPLOADS_PER_MINUTE, window_s=60)
    file = valid(UploadInput, request.data)["file"]
    attachment = services.add_attachment(session, actor=actor, upload=file)
    return Response(UploadOutput(attachment).data, status=201)
