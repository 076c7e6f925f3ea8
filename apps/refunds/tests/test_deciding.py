from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from apps.access.actors import SYSTEM
from apps.access.models import Role
from apps.access.role_sessions import assume_role_by_token
from apps.access.services import user_of_token
from apps.access.tests.factories import GrantFactory, PolicyFactory, RoleFactory, StaffFactory
from apps.audit.models import AuditEvent
from apps.common.errors import AccessDenied, Invalid
from apps.notifications.models import Notification
from apps.refunds.errors import AboveLimit, MaybeSent, OwnRefund, WrongState
from apps.refunds.gateways.base import Outcome
from apps.refunds.models import RefundAttempt, RefundDecision
from apps.refunds.selectors import Allowance, allowance, may_decide
from apps.refunds.services import approve_refund, cancel_refund, reject_refund, retry_refund
from apps.refunds.tests.factories import RefundFactory, limit, reserved

pytestmark = pytest.mark.django_db


@pytest.fixture
def supervisor():
    limit("supervisor", own="50.00", approve="10.00")
    return StaffFactory(role="supervisor")


def called(refund, outcome, *, kind="submit"):
    number = refund.attempts = refund.attempts + 1
    refund.save()
    ended = {"finished_at": timezone.now(), "outcome": outcome} if outcome else {}
    return RefundAttempt.objects.create(
        refund=refund, number=number, kind=kind, started_at=timezone.now(), **ended
    )


def unchanged(refund):
    """Whether it still waits, its money set aside, and nobody has decided."""
    refund.refresh_from_db()
    waits = (refund.state, refund.decided_by, reserved(refund.order)) == ("requested", None, refund.amount)
    return waits and not RefundDecision.objects.exists()


def test_a_second_person_lets_it_go_out(supervisor):
    refund = approve_refund(RefundFactory(), actor=supervisor, note="Photo seen")

    assert (refund.state, refund.decided_by, refund.due_at) == ("approved", supervisor, refund.decided_at)
    decision = refund.decision
    assert (decision.verdict, decision.note, decision.decider) == ("approved", "Photo seen", supervisor)
    assert AuditEvent.objects.get(action="refunds:ApproveRefund").data["state"] == "approved"


def at_most(role, amount, action):
    """Attaches a policy that denies more than ``amount`` to the role."""
    condition = {"NumericGreaterThan": {"helpdesk:Amount": amount}}
    denial = {"Effect": "Deny", "Action": action, "Resource": "*", "Condition": condition}
    Role.objects.get(slug=role).policies.add(PolicyFactory(document={"Version": "1", "Statement": [denial]}))


def test_a_policy_bounds_the_amount_that_somebody_approves(supervisor):
    at_most("supervisor", "9.99", "refunds:ApproveRefund")
    small, large = RefundFactory(amount=Decimal("9.99")), RefundFactory(amount=Decimal("10.00"))

    for decide in (approve_refund, reject_refund):
        with pytest.raises(AccessDenied):
            decide(large, actor=supervisor, note="It is fine")

    assert unchanged(large)
    assert approve_refund(small, actor=supervisor).state == "approved"


def test_a_program_is_no_second_person(supervisor):
    refund, program = RefundFactory(), StaffFactory(role="supervisor", is_api_client=True)

    for decide in (approve_refund, reject_refund):
        with pytest.raises(AccessDenied):
            decide(refund, actor=program, note="It is fine")

    assert unchanged(refund)


def test_the_requester_never_approves(supervisor):
    refund = RefundFactory(requested_by=supervisor)

    for decide in (approve_refund, reject_refund):
        with pytest.raises(OwnRefund):
            decide(refund, actor=supervisor, note="It is fine")

    assert unchanged(refund)


def test_whoever_made_the_program_that_asked_never_approves(supervisor):
    program = StaffFactory(role="agent", is_api_client=True, created_by=supervisor)
    refund = RefundFactory(requested_by=program)

    for decide in (approve_refund, reject_refund):
        with pytest.raises(OwnRefund):
            decide(refund, actor=supervisor, note="It is fine")

    assert unchanged(refund)
    assert not may_decide(supervisor, refund)
    assert may_decide(StaffFactory(role="supervisor"), refund)


def test_not_even_a_superuser_approves_their_own():
    root = StaffFactory(is_superuser=True)
    refund = RefundFactory(requested_by=root)

    with pytest.raises(OwnRefund):
        approve_refund(refund, actor=root)

    assert unchanged(refund)


def test_the_desk_itself_is_no_second_person():
    refund = RefundFactory()

    with pytest.raises(AccessDenied):
        approve_refund(refund, actor=SYSTEM)

    assert unchanged(refund)


def test_an_agent_decides_about_nothing():
    limit("agent", own="1000", approve="1000")
    refund = RefundFactory()

    for decide in (approve_refund, reject_refund):
        with pytest.raises(AccessDenied):
            decide(refund, actor=StaffFactory(role="agent"), note="No")

    assert unchanged(refund)


def test_above_the_limit_somebody_higher_is_needed(supervisor):
    refund = RefundFactory(amount=Decimal("10.01"))

    with pytest.raises(AboveLimit) as caught:
        approve_refund(refund, actor=supervisor)

    assert caught.value.extra["limit"] == {"amount": "10.00", "currency": "CNY"}
    assert unchanged(refund)
    assert approve_refund(refund, actor=StaffFactory(is_superuser=True)).state == "approved"


def test_without_a_limit_nobody_approves():
    refund = RefundFactory()

    with pytest.raises(AboveLimit):
        approve_refund(refund, actor=StaffFactory(role="manager"))

    assert unchanged(refund)


def test_a_decision_is_made_once(supervisor):
    refund = RefundFactory()
    approve_refund(refund, actor=supervisor)

    for decide in (approve_refund, reject_refund):
        with pytest.raises(WrongState) as caught:
            decide(refund, actor=supervisor, note="Again")
        assert caught.value.extra["state"] == "approved"

    assert RefundDecision.objects.count() == 1


def test_what_is_rejected_is_free_again(supervisor):
    refund = reject_refund(RefundFactory(), actor=supervisor, note="Used for a year")

    assert (refund.state, refund.decision.note, reserved(refund.order)) == ("rejected", "Used for a year", 0)
    assert not Notification.objects.exists()


def test_the_customer_hears_of_a_rejection_where_that_is_wanted(supervisor):
    refund = reject_refund(RefundFactory(), actor=supervisor, note="Smells of fraud", tell=True)

    told = Notification.objects.get()
    assert (told.customer, told.milestone) == (refund.customer, "refund_rejected")
    assert "fraud" not in str(told.data)


def test_a_rejection_has_a_reason(supervisor):
    refund = RefundFactory()

    with pytest.raises(Invalid):
        reject_refund(refund, actor=supervisor, note="  ")

    assert unchanged(refund)


@pytest.mark.parametrize("state", ["requested", "approved"])
def test_what_was_not_sent_is_withdrawn(state):
    refund = RefundFactory(state=state)

    refund = cancel_refund(refund, actor=refund.requested_by)

    assert (refund.state, refund.due_at, reserved(refund.order)) == ("cancelled", None, 0)


def test_a_colleague_does_not_withdraw_it():
    refund = RefundFactory()

    with pytest.raises(AccessDenied):
        cancel_refund(refund, actor=StaffFactory(role="agent"))

    assert unchanged(refund)
    assert cancel_refund(refund, actor=StaffFactory(role="supervisor")).state == "cancelled"


@pytest.mark.parametrize("outcome", [Outcome.UNKNOWN, Outcome.ABSENT, ""])
def test_what_may_have_arrived_is_not_withdrawn(outcome):
    refund = RefundFactory(state="approved")
    called(refund, outcome)

    with pytest.raises(MaybeSent):
        cancel_refund(refund, actor=refund.requested_by)

    assert reserved(refund.order) == refund.amount


def test_what_was_turned_away_is_withdrawn():
    refund = RefundFactory(state="approved")
    called(refund, Outcome.NOT_TAKEN)

    assert cancel_refund(refund, actor=refund.requested_by).state == "cancelled"


@pytest.mark.parametrize("state", ["submitting", "processing", "unknown", "succeeded", "failed", "rejected"])
def test_in_other_states_nothing_is_withdrawn(state):
    refund = RefundFactory(state=state)

    with pytest.raises(WrongState):
        cancel_refund(refund, actor=refund.requested_by)


def test_the_next_step_is_taken_now():
    later = timezone.now() + timedelta(hours=1)
    refund = RefundFactory(state="unknown", due_at=later, failures=9, attention=True)

    refund = retry_refund(refund, actor=StaffFactory(role="supervisor"))

    assert (refund.state, refund.failures, refund.attention) == ("unknown", 0, False)
    assert refund.due_at <= timezone.now()


def test_a_policy_bounds_the_amount_that_is_tried_again():
    at_most("supervisor", "9.99", "refunds:RetryRefund")
    refund = RefundFactory(state="unknown")

    with pytest.raises(AccessDenied):
        retry_refund(refund, actor=StaffFactory(role="supervisor"))

    assert retry_refund(refund, actor=StaffFactory(role="manager")).state == "unknown"


def test_what_the_gateway_denies_is_sent_again_by_a_person_only():
    refund = RefundFactory(state="unknown", provider_refund_id="gwr_1", provider_version=1)
    called(refund, Outcome.ABSENT, kind="query")

    refund = retry_refund(refund, actor=StaffFactory(role="supervisor"))

    assert (refund.state, refund.provider_refund_id, refund.provider_version) == ("approved", "", 0)


def test_a_call_under_way_is_not_disturbed():
    refund = RefundFactory(state="unknown")
    called(refund, "", kind="query")

    with pytest.raises(WrongState):
        retry_refund(refund, actor=StaffFactory(role="supervisor"))


@pytest.mark.parametrize("state", ["requested", "submitting", "succeeded", "failed", "cancelled"])
def test_where_there_is_no_next_step(state):
    with pytest.raises(WrongState):
        retry_refund(RefundFactory(state=state), actor=StaffFactory(role="supervisor"))


def test_an_agent_asks_for_no_hurry():
    refund = RefundFactory(state="unknown")

    with pytest.raises(AccessDenied):
        retry_refund(refund, actor=refund.requested_by)


def refused_by_the_database(call):
    with pytest.raises(IntegrityError), transaction.atomic():
        call()


def test_no_row_says_that_the_requester_decided():
    refund, now = RefundFactory(), timezone.now()

    refused_by_the_database(
        lambda: type(refund).objects.update(
            state="approved", due_at=now, decided_by=refund.requested_by, decided_at=now
        )
    )
    refused_by_the_database(
        lambda: RefundDecision.objects.create(
            refund=refund,
            requester=refund.requested_by,
            decider=refund.requested_by,
            verdict="approved",
            at=now,
        )
    )


def test_no_row_passes_without_the_second_person():
    RefundFactory()

    refused_by_the_database(
        lambda: RefundFactory._meta.model.objects.update(state="approved", due_at=timezone.now())
    )


@pytest.mark.parametrize(
    "fields",
    [
        {"amount": 0},
        {"amount": -1},
        {"state": "lost"},
        {"reason": "because"},
        {"state": "approved", "needs_approval": False, "due_at": None},
        {"due_at": timezone.now()},
        {"state": "succeeded", "needs_approval": False, "ended_at": None},
        {"state": "unknown", "needs_approval": False, "unknown_since": None},
        {"decided_at": timezone.now()},
    ],
)
def test_what_no_row_may_say(fields):
    RefundFactory()

    refused_by_the_database(lambda: RefundFactory._meta.model.objects.update(**fields))


def test_limits_are_those_of_the_roles_that_count(supervisor):
    now = timezone.now()
    grant = GrantFactory(user=supervisor, kind="on_demand", role=RoleFactory())
    limit(grant.role.slug, own="7.00", approve="7.00")
    assert allowance(supervisor, "CNY", now=now) == Allowance(Decimal(50), Decimal(10))

    session = assume_role_by_token(grant.role, actor=supervisor, reason="Peak", now=now)

    assert allowance(user_of_token(session.token), "CNY", now=now) == Allowance(Decimal(7), Decimal(7))


def test_out_of_its_hours_a_role_has_no_limit(supervisor):
    today = timezone.now().isoweekday()
    other = [{"days": [today % 7 + 3 if today % 7 < 5 else 3], "from": "10:00", "to": "10:01"}]
    Role.objects.filter(slug="supervisor").update(hours=other, zone="UTC")

    assert allowance(supervisor, "CNY") == Allowance(Decimal(0), Decimal(0))
