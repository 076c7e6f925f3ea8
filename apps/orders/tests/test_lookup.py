"""Finding orders while the shop is there, while it is not, and by what only the buyer knows."""

from datetime import timedelta
from types import SimpleNamespace

import pytest
from django.core.cache import cache
from django.utils import timezone

from apps.access.tests.factories import GrantFactory, PolicyFactory, RoleFactory, StaffFactory
from apps.audit.models import AuditEvent
from apps.common.errors import AccessDenied, RateLimited
from apps.customers.claims import VerifiedClaims
from apps.customers.services import find_or_create
from apps.customers.tests.factories import CustomerFactory
from apps.inboxes.tests.factories import InboxFactory
from apps.orders.errors import UnknownOrder
from apps.orders.models import Order
from apps.orders.services import find_orders, order_now, verify
from apps.orders.services.lookup import FAILED_OF_GUESSER, FAILED_OF_NUMBER, TRIES, classified, normal_number
from apps.orders.tests.factories import OrderFactory
from apps.orders.tests.standing import fail, shop, source_settings

pytestmark = pytest.mark.django_db
DEAD = "http://127.0.0.1:9"  # nobody listens on the port for discarding


@pytest.fixture
def agent():
    return StaffFactory(role="agent")


@pytest.fixture
def away(settings):
    """A shop that does not answer."""
    settings.ORDER_SOURCE = source_settings(DEAD)


def numbers(found):
    return [order.order_no for order in found.orders]


def signed_in(sub="u-1001", **contact):
    claims = VerifiedClaims(
        inbox=InboxFactory().slug, sub=sub, jti="1", expires_at=timezone.now() + timedelta(hours=1), **contact
    )
    return find_or_create(claims=claims)


@pytest.mark.parametrize(
    ("text", "criterion"),
    [
        (" LL100101 ", {"q": "LL100101"}),
        ("林晓", {"q": "林晓"}),
        ("xiao.lin@mail.example", {"email": "xiao.lin@mail.example"}),
        ("+86 100 0000 0101", {"phone": "+86 100 0000 0101"}),
        ("１００００００", {"phone": "1000000"}),
        ("123456", {"q": "123456"}),
    ],
)
def test_classified(text, criterion):
    assert classified(text) == criterion


@pytest.mark.parametrize("text", ["ll100101", " #LL 100101", "ＬＬ１００１０１"])
def test_normal_number(text):
    assert normal_number(text) == "LL100101"


@pytest.mark.parametrize(
    "asked",
    [
        {"q": "LL100101"},
        {"order_no": "ll100101"},
        {"phone": "+86 100 0000 0101"},
        {"email": "xiao.lin@mail.example"},
    ],
)
def test_find_orders_asks_the_shop_and_mirrors(agent, asked):
    with shop():
        found = find_orders(agent, **asked)

    assert "LL100101" in numbers(found)
    assert (found.stale, found.problem) == (False, "")
    assert Order.objects.filter(order_no="LL100101").exists()


def test_find_orders_of_nobody(agent):
    with shop():
        found = find_orders(agent, q="nobody@mail.example")

    assert (found.orders, found.stale, found.as_of) == ([], False, None)


def test_find_orders_of_a_customer_whom_the_shop_has_signed_in(agent):
    customer = signed_in()
    with shop():
        found = find_orders(agent, customer=customer)

    assert len(found.orders) == 3
    assert {order.customer for order in found.orders} == {customer}


def test_find_orders_of_a_customer_by_verified_address(agent):
    customer = signed_in(sub="other", email="xiao.lin@mail.example")
    with shop():
        assert len(find_orders(agent, customer=customer).orders) == 3


def test_find_orders_of_a_customer_who_only_says_so(agent):
    with shop():
        assert find_orders(agent, customer=CustomerFactory(email="xiao.lin@mail.example")).orders == []


def test_find_orders_denied_changes_nothing():
    with shop() as sandbox, pytest.raises(AccessDenied):
        find_orders(StaffFactory(role=None), q="LL100101")

    assert not [call for call in sandbox.calls if call["path"].startswith("/v1/")]
    assert not Order.objects.exists()


def test_find_orders_while_the_shop_is_away_gives_copies_with_their_age(agent, away):
    old = timezone.now() - timedelta(hours=2)
    OrderFactory(order_no="LL100101", email="xiao.lin@mail.example", synced_at=old)

    found = find_orders(agent, q="Xiao.Lin@mail.example")

    assert numbers(found) == ["LL100101"]
    assert (found.stale, found.as_of, found.problem) == (True, old, "The order service did not answer.")


@pytest.mark.parametrize(
    "asked",
    [
        {"q": "ll1001"},
        {"q": "林"},
        {"order_no": "ll100101"},
        {"phone": "+86 100 0000 0101"},
        {"phone": "10099990101"},  # the mask hides what differs
    ],
)
def test_find_orders_while_the_shop_is_away_searches_the_copies(agent, away, asked):
    OrderFactory(order_no="LL100101")

    assert numbers(find_orders(agent, **asked)) == ["LL100101"]


@pytest.mark.parametrize(
    "asked", [{"phone": "13800000101"}, {"phone": "10000000102"}, {"email": "x@y.zz"}, {}]
)
def test_find_orders_while_the_shop_is_away_finds_nobody_else(agent, away, asked):
    OrderFactory(order_no="LL100101")

    assert find_orders(agent, **asked).orders == []


def test_find_orders_of_a_customer_while_the_shop_is_away(agent, away):
    customer = signed_in()
    OrderFactory(order_no="LL100101", customer=customer)
    OrderFactory(order_no="LL100102", buyer_id="u-1001")
    OrderFactory(order_no="LL100103")

    assert set(numbers(find_orders(agent, customer=customer))) == {"LL100101", "LL100102"}


def test_find_orders_recovers_when_the_shop_does(agent):
    with shop() as sandbox:
        fail(sandbox, times=2, status=500)
        assert find_orders(agent, q="LL100101").stale

        assert not find_orders(agent, q="LL100101").stale


def test_find_orders_without_a_shop(agent, settings):
    settings.ORDER_SOURCE = source_settings("")

    assert find_orders(agent, q="LL100101").problem == "No shop system is connected."


def test_find_orders_in_copies_costs_the_same_with_one_row_and_with_twenty(
    agent, away, django_assert_max_num_queries
):
    OrderFactory.create_batch(30)

    with django_assert_max_num_queries(8):
        found = find_orders(agent, q="LL9")

    assert len(found.orders) == 20


def test_order_now_asks_the_shop_again(agent):
    with shop() as sandbox:
        order_now(agent, "LL100101")
        sandbox.books.change("LL100101", "completed")
        believed = order_now(agent, "LL100101").orders[0].status
        asked = order_now(agent, "LL100101", fresh=True).orders[0].status

    assert (believed, asked) == ("delivered", "completed")


def test_order_now_while_the_shop_is_away(agent, away):
    OrderFactory(order_no="LL100101")

    assert order_now(agent, "LL100101").stale


@pytest.mark.usefixtures("away")
def test_order_now_of_an_order_that_nobody_knows(agent):
    with pytest.raises(UnknownOrder):
        order_now(agent, "LL1")


def test_order_now_anew_is_for_those_who_may(settings):
    auditor = StaffFactory(role="auditor")
    with shop(), pytest.raises(AccessDenied):
        order_now(auditor, "LL100101", fresh=True)

    assert not Order.objects.exists()
    assert not AuditEvent.objects.filter(action__startswith="orders:").exists()


@pytest.fixture
def fast(monkeypatch):
    monkeypatch.setattr("apps.orders.services.lookup.BEAT_S", 0.001)


@pytest.mark.usefixtures("fast")
@pytest.mark.parametrize("tail", ["0101", " 0101 ", "０１０１"])
def test_verify_finds_the_order(tail):
    with shop():
        assert verify("ll100101", tail, key="a").order_no == "LL100101"


@pytest.mark.usefixtures("fast")
@pytest.mark.parametrize(
    ("number", "tail"),
    [
        ("LL100101", "0102"),
        ("LL1", "0101"),
        ("LL100101", ""),
        ("", ""),
        ("LL100101", "00000101"),
        ("LL100101", "101"),
    ],
)
def test_verify_tells_no_wrong_guess_from_another(number, tail):
    with shop():
        assert verify(number, tail, key="a") is None


@pytest.mark.usefixtures("fast")
def test_verify_of_an_order_whose_phone_is_hidden(away):
    OrderFactory(order_no="LL100101", phone_tail="")

    assert verify("LL100101", "", key="a") is None


@pytest.mark.usefixtures("fast")
def test_verify_while_the_shop_is_away_asks_the_mirror(away):
    OrderFactory(order_no="LL100101")

    assert verify("LL100101", "0101", key="a").order_no == "LL100101"
    assert verify("LL100101", "0102", key="a") is None


@pytest.mark.usefixtures("fast", "away")
def test_verify_limits_who_guesses():
    for number in range(TRIES):
        verify(f"LL{number}", "0000", key="a")

    with pytest.raises(RateLimited):
        verify("LL99", "0000", key="a")
    assert verify("LL98", "0000", key="b") is None


@pytest.mark.usefixtures("fast", "away")
def test_verify_limits_what_is_guessed_at():
    OrderFactory(order_no="LL100101")
    for guesser in range(TRIES):
        verify("LL100101", "0000", key=str(guesser))

    with pytest.raises(RateLimited):
        verify("LL100101", "0101", key="new")


@pytest.mark.usefixtures("fast", "away")
def test_verify_counts_spellings_of_a_number_as_one():
    for guesser, spelling in enumerate(["LL7", "ll7", "#LL7", "L L 7", "ＬＬ7"]):
        verify(spelling, "0000", key=str(guesser))

    with pytest.raises(RateLimited):
        verify("LL7", "0000", key="new")


@pytest.fixture
def patient(monkeypatch):
    """Guessers who wait until the short window has passed."""
    monkeypatch.setattr("apps.orders.services.lookup.TRIES", 1000)


@pytest.mark.usefixtures("fast", "away", "patient")
def test_verify_limits_the_wrong_guesses_at_a_number_in_a_day():
    OrderFactory(order_no="LL100101")
    assert verify("LL100101", "0101", key="buyer")
    for guesser in range(FAILED_OF_NUMBER):
        assert verify("LL100101", "0000", key=str(guesser)) is None

    with pytest.raises(RateLimited):
        verify("LL100101", "0101", key="new")


@pytest.mark.usefixtures("fast", "away", "patient")
def test_verify_limits_the_wrong_guesses_of_one_in_a_day():
    for number in range(FAILED_OF_GUESSER):
        verify(f"LL{number}", "0000", key="a")

    with pytest.raises(RateLimited):
        verify("LL99", "0000", key="a")
    assert verify("LL98", "0000", key="b") is None


def test_verify_answers_on_a_beat_whatever_it_found(away, monkeypatch):
    """By a clock that ticks as it is asked and as somebody sleeps."""
    clock, slept = iter([0, 0.07, 10, 10.2, 20, 20.61]), []
    time = SimpleNamespace(monotonic=lambda: next(clock), sleep=slept.append)
    monkeypatch.setattr("apps.orders.services.lookup.time", time)
    monkeypatch.setattr("apps.orders.services.lookup.BEAT_S", 0.25)
    OrderFactory(order_no="LL100101")
    for number, tail in [("LL100101", "0101"), ("LL100101", "0102"), ("LL1", "0101")]:
        verify(number, tail, key="a")

    assert slept == pytest.approx([0.18, 0.05, 0.14])


@pytest.mark.usefixtures("fast", "away")
def test_verify_lets_nobody_guess_while_tries_cannot_be_counted(monkeypatch):
    OrderFactory(order_no="LL100101")
    monkeypatch.setattr(cache, "add", lambda *args, **kwargs: 1 / 0)

    with pytest.raises(RateLimited):
        verify("LL100101", "0101", key="a")


def test_what_the_shop_knows_is_shown_to_whom_it_may_be(away):
    """Orders lie in no queue: who may read those of one reads none."""
    allowed = {"Effect": "Allow", "Action": "orders:*", "Resource": "queue/shoes"}
    role = RoleFactory(actions=[])
    role.policies.add(PolicyFactory(document={"Version": "1", "Statement": [allowed]}))
    user, order = GrantFactory(role=role).user, OrderFactory(customer=CustomerFactory())

    assert not numbers(find_orders(user, q=order.order_no))
    assert not numbers(find_orders(user, customer=order.customer))
    with pytest.raises(UnknownOrder):
        order_now(user, order.order_no)
