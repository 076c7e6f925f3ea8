"""One row of each kind that the desk keeps, so that a call that names one gets past 404."""

from datetime import timedelta
from unittest import mock

from django.utils import timezone

from apps.access.clients import create_api_client
from apps.access.models import LockOut, Role, User, WebSession
from apps.access.tests.factories import GrantFactory, PolicyFactory, RoleFactory, UserFactory
from apps.audit import clock
from apps.audit.sealing import seal_next
from apps.chat.models import TerminationRule
from apps.chat.tests.factories import queued_session
from apps.customers.models import PurgeRun
from apps.customers.privacy import registry
from apps.customers.privacy.erasing import confirm_erasure, request_erasure, run_erasure
from apps.customers.privacy.exporting import build_export, request_export
from apps.customers.tests.factories import CustomerFactory
from apps.knowledge.models import SopRevision
from apps.knowledge.tests.factories import CannedReplyFactory, SopFactory
from apps.monitoring.tests.factories import AlertFactory, WebhookFactory
from apps.notifications.models import NotificationTemplate
from apps.orders.tests.factories import ProductFactory
from apps.refunds.tests.factories import RefundFactory, limit
from apps.routing import services as routing
from apps.routing.models import Offer
from apps.routing.tests.factories import (
    HoursFactory,
    PeriodFactory,
    RuleFactory,
    SkillFactory,
    StepFactory,
    teach,
)
from apps.tickets.tests.factories import TicketViewFactory, promise

SOON = timedelta(hours=1)


def furnish(world, root: User, *, browser: str) -> list[dict]:
    """Of everything one; the offers, which nobody but their agent reads. ``browser``: the key of root's session."""
    _people(root, browser)
    _rules(world)
    _work(world)
    _privacy(root)
    with mock.patch.object(clock, "horizon", clock.reach):  # as if what the test itself wrote were settled
        seal_next(now=timezone.now() + SOON)
    return list(Offer.objects.values("id", "public_id"))


def _people(root: User, browser: str) -> None:
    now = timezone.now()
    create_api_client(actor=root, name="Import", roles=[Role.objects.get(slug="agent")])
    GrantFactory(user=root)
    RoleFactory()
    PolicyFactory()
    LockOut.objects.create(name="x", ip="10.0.0.1", failures=10, since=now, until=now + SOON)
    WebSession.objects.create(
        user=root, session_key=browser, method="password", started_at=now, last_seen_at=now
    )


def _rules(world) -> None:
    skill = SkillFactory()
    teach(world.agent, skill)
    hours = HoursFactory()
    PeriodFactory(calendar=hours.calendar)
    RuleFactory(queue=world.queue)
    StepFactory(queue=world.queue)
    promise(first=10, resolution=60)
    limit("agent", own="10", approve="100")
    TerminationRule.objects.create(inbox=world.chat.inbox, kind="customer_left", after=timedelta(minutes=10))
    NotificationTemplate.objects.create(
        milestone="order_shipped", language="en", chat="!", updated_at=timezone.now()
    )


def _work(world) -> None:
    WebhookFactory(alert=AlertFactory())
    CannedReplyFactory()
    SopFactory(in_force=True)
    SopRevision.objects.create(sop=SopFactory(), number=1, body="Look")
    ProductFactory()
    TicketViewFactory()
    RefundFactory(state="failed")
    RefundFactory(state="rejected")
    queued_session()
    routing.dispatch()


def _privacy(root: User) -> None:
    """What was asked for and what was done: a copy to fetch, an erasure with its certificate, a purge under way."""
    now = timezone.now()
    request_erasure(CustomerFactory(), actor=root, reason="customer")
    done = request_erasure(CustomerFactory(), actor=UserFactory(is_superuser=True), reason="customer")
    confirm_erasure(done, actor=root)
    run_erasure(done.pk)
    customer = CustomerFactory()
    build_export(request_export(customer, actor=root, confirm=customer.public_id).pk)
    PurgeRun.objects.create(kind=registry.purgeable()[0].slug, before=now, started_at=now, touched_at=now)
