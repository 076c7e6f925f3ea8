"""What access costs: one decision, and a list of fifty chats among many, by how many queues somebody has."""

import time
from collections.abc import Callable, Iterator
from statistics import quantiles
from typing import Any

from django.contrib.auth.models import Permission
from django.db import connection
from django.db.models import QuerySet
from django.utils import timezone

from apps.access import services as access
from apps.access.models import Grant, Policy, Role, User
from apps.chat.models import ChatSession
from apps.chat.permissions import ChatAction
from apps.common import context
from apps.customers.models import Customer
from apps.inboxes.models import Inbox
from apps.routing.models import SERVE, Queue, QueueUserObjectPermission

QUEUES, PAGE, POLICIES, PARTS = 200, 50, 10, 10
SESSIONS = """
    INSERT INTO chat_chatsession ({columns})
    SELECT {values} FROM chat_chatsession, generate_series(1, %s) AS n WHERE id = %s
"""


def stage(rows: int) -> None:
    """``rows`` ended chats, spread over the queues."""
    inbox = Inbox.objects.create(slug="bench", name="Bench")
    queues = Queue.objects.bulk_create(Queue(slug=f"q{n}", name=f"Queue {n}") for n in range(QUEUES))
    now = timezone.now()
    first = ChatSession.objects.create(
        inbox=inbox,
        customer=Customer.objects.create(name="Somebody"),
        queue=queues[0],
        status="closed",
        close_reason="resolved",
        opened_at=now,
        ended_at=now,
        closed_at=now,
    )
    _copy(first, rows - 1, queues[0].pk)


def _copy(first: ChatSession, rows: int, base: int) -> None:
    """``rows`` more like the first, each in another queue than the one before."""
    names = [field.column for field in ChatSession._meta.concrete_fields if not field.primary_key]
    special = {
        "public_id": "'b' || n",
        "queue_id": f"{base} + n %% {QUEUES}",
        "opened_at": "opened_at - n * interval '1s'",
    }
    values = ", ".join(special.get(name, name) for name in names)
    with connection.cursor() as cursor:
        cursor.execute(SESSIONS.format(columns=", ".join(names), values=values), [rows, first.pk])
        cursor.execute("ANALYZE chat_chatsession")


def somebody(name: str, queues: int) -> User:
    """An agent who serves so many queues."""
    user = User.objects.create(username=name)
    Grant.objects.create(user=user, role=Role.objects.get(slug="agent"))
    serve = Permission.objects.get(content_type__app_label="routing", codename=SERVE)
    QueueUserObjectPermission.objects.bulk_create(
        QueueUserObjectPermission(user=user, content_object=queue, permission=serve)
        for queue in Queue.objects.order_by("pk")[:queues]
    )
    return user


def attach_policies() -> int:
    """Policies on the agents' role, none of which allows what is asked; returns how many statements there are."""
    role = Role.objects.get(slug="agent")
    for number in range(POLICIES):
        parts = [_part(f"z{number}-{part}") for part in range(PARTS)]
        role.policies.create(
            slug=f"bench-{number}", name="Bench", document={"Version": "1", "Statement": parts}
        )
    return Policy.objects.filter(slug__startswith="bench-").count() * PARTS


def _part(queue: str) -> dict[str, Any]:
    return {
        "Effect": "Deny",
        "Action": ["chat:*", "tickets:ReadTicket"],
        "Resource": f"acs:helpdesk:*:*:queue/{queue}*/*",
        "Condition": {"NotIpAddress": {"acs:SourceIp": ["10.0.0.0/8", "192.168.0.0/16"]}},
    }


def decisions(user: User, count: int) -> dict[str, float]:
    """``count`` decisions on one chat within a request, and the first of it, which looks up what counts."""
    session = ChatSession.objects.select_related("queue", "inbox").filter(queue__slug="q0").first()
    first = list(_timed(lambda: _asked(user, session), 50))
    with context.use(_call()):
        access.can(user, ChatAction.READ, session)
        each = list(_timed(lambda: access.can(user, ChatAction.READ, session), count))
    return {
        "first_p50_ms": round(_percentile(first, 50) * 1e3, 2),
        "p50_us": round(_percentile(each, 50) * 1e6, 1),
        "p99_us": round(_percentile(each, 99) * 1e6, 1),
        "per_s": round(count / sum(each)),
    }


def _asked(user: User, session: ChatSession) -> bool:
    with context.use(_call()):
        return access.can(user, ChatAction.READ, session)


def _call() -> context.RequestContext:
    return context.RequestContext(ip="10.1.2.3", source="http", memo={})


def lists(user: User, queues: int, times: int) -> dict[str, Any]:
    """The newest fifty chats that ``user`` may read, beside the same fifty by the keys of the queues alone."""
    keys = list(Queue.objects.order_by("pk").values_list("pk", flat=True)[:queues])
    with context.use(_call()):
        ours = list(_timed(lambda: _page(ChatSession.objects.visible_to(user)), times))
    by_key = list(_timed(lambda: _page(ChatSession.objects.filter(queue__in=keys)), times))
    if _page(ChatSession.objects.visible_to(user)) != _page(ChatSession.objects.filter(queue__in=keys)):
        raise RuntimeError("The two lists differ, so their times say nothing.")
    return {
        "queues": queues,
        "p50_ms": round(_percentile(ours, 50) * 1e3, 2),
        "p99_ms": round(_percentile(ours, 99) * 1e3, 2),
        "by_key_p50_ms": round(_percentile(by_key, 50) * 1e3, 2),
        "ratio": round(_percentile(ours, 50) / _percentile(by_key, 50), 2),
    }


def _page(rows: QuerySet) -> list[ChatSession]:
    return list(rows.order_by("-pk")[:PAGE])


def _timed(do: Callable[[], object], times: int) -> Iterator[float]:
    for _ in range(times):
        started = time.perf_counter()
        do()
        yield time.perf_counter() - started


def _percentile(seconds: list[float], percent: int) -> float:
    return quantiles(seconds, n=100, method="inclusive")[percent - 1]
