from datetime import timedelta

import pytest
from django.utils import timezone

from apps.audit.models import AuditEvent
from apps.chat import services
from apps.chat.events import ChatSessionOpened
from apps.chat.models import ChatSession, VisitorToken
from apps.chat.services.visitors import TOKEN_LIFE
from apps.chat.tests.factories import (
    ChatSessionFactory,
    CustomerFactory,
    InboxFactory,
    active_session,
    closed_session,
)
from apps.common.errors import AccessDenied, Invalid, NotFound
from apps.common.ids import digest
from apps.customers.models import Customer
from apps.inboxes.tests.factories import signed_identity
from apps.routing.tests.checks import heard

pytestmark = pytest.mark.django_db
PAGE = services.Page("/p/runner", "Runner", "shoes", "SH-101")


def opened(inbox=None, **options):
    return services.open_session(inbox_slug=(inbox or InboxFactory()).slug, **options)


def test_a_visitor_opens_a_chat_with_the_robot():
    inbox = InboxFactory(default_locale="zh-hans")

    visit = opened(inbox, page=PAGE, channel="app", contact={"name": "Mei"})

    session = visit.session
    assert (session.status, session.inbox, session.channel, session.locale) == (
        "bot",
        inbox,
        "app",
        "zh-hans",
    )
    assert (session.source, session.page_title, session.product_category) == ("/p/runner", "Runner", "shoes")
    assert session.customer.name == "Mei"
    assert not visit.resumed


def test_the_customer_is_here_when_the_chat_opens():
    now = timezone.now()

    session = opened(now=now).session

    assert session.customer_presence(now) == "online"
    assert session.customer_presence(now + timedelta(seconds=76)) == "offline"
    assert session.customer_presence(now + timedelta(minutes=10)) == "gone"


def test_opening_is_published_and_on_record():
    with heard(ChatSessionOpened) as events:
        session = opened().session

    assert [event.session_id for event in events] == [session.pk]
    assert AuditEvent.objects.filter(action="chat:OpenSession", target_id=str(session.pk)).count() == 1


def test_an_old_token_resumes_the_live_chat():
    inbox = InboxFactory()
    first = opened(inbox)

    with heard(ChatSessionOpened) as events:
        again = opened(inbox, token=first.token)

    assert again.session == first.session
    assert again.resumed
    assert events == []
    assert ChatSession.objects.count() == 1


def test_each_visit_has_a_token_of_its_own_and_all_stay_good():
    inbox = InboxFactory()
    first = opened(inbox)
    again = opened(inbox, token=first.token)

    assert first.token != again.token
    assert services.session_of_token(first.token) == services.session_of_token(again.token) == first.session


def test_without_a_token_it_is_somebody_new():
    inbox = InboxFactory()

    assert opened(inbox).session.customer != opened(inbox).session.customer


@pytest.mark.parametrize("token", ["", "unknown", "x" * 5000, "\x00", "\ud800", "面"])
def test_a_token_that_opens_nothing_is_no_token(token):
    assert not opened(token=token).resumed


def test_after_the_end_the_same_customer_gets_a_new_chat():
    inbox = InboxFactory()
    first = opened(inbox)
    services.close_session(first.session, actor=first.session.customer)

    again = opened(inbox, token=first.token)

    assert again.session != first.session
    assert again.session.customer == first.session.customer
    assert again.session.previous == first.session


def test_one_customer_has_a_chat_per_inbox():
    first = opened()

    other = opened(token=first.token)

    assert other.session != first.session
    assert other.session.customer == first.session.customer


def test_the_signed_identity_is_the_same_customer_on_any_device():
    inbox = InboxFactory(signing=True)

    visits = [opened(inbox, identity=signed_identity(inbox, name="Mei")) for _ in range(2)]

    assert visits[0].session == visits[1].session
    assert visits[1].resumed
    assert Customer.objects.get().name == "Mei"


@pytest.mark.parametrize("claims", [{"aud": "other"}, {"exp": 1}, {"secret": "x" * 40}, {"sub": None}])
def test_a_bad_identity_opens_nothing(claims):
    inbox = InboxFactory(signing=True)

    with pytest.raises(Invalid) as refused:
        opened(inbox, identity=signed_identity(inbox, **claims))

    assert refused.value.code == "bad_identity"
    assert not ChatSession.objects.exists()
    assert not Customer.objects.exists()


def test_a_typed_address_proves_nothing():
    inbox = InboxFactory()
    first = opened(inbox, contact={"email": "mei@shop.example"})

    other = opened(inbox, contact={"email": "mei@shop.example"})

    assert other.session.customer != first.session.customer


def test_a_malformed_address_opens_nothing():
    with pytest.raises(Invalid):
        opened(contact={"email": "nonsense"})

    assert not ChatSession.objects.exists()


@pytest.mark.parametrize("slug", ["", "nowhere"])
def test_an_unknown_inbox_takes_no_chats(slug):
    with pytest.raises(NotFound):
        services.open_session(inbox_slug=slug)


def test_a_closed_inbox_takes_no_chats():
    with pytest.raises(NotFound):
        opened(InboxFactory(is_active=False))


# Tokens


def test_only_the_digest_of_a_token_is_kept():
    visit = opened()

    row = VisitorToken.objects.get()
    assert row.digest == digest(visit.token)
    assert visit.token not in str(row.__dict__)


def test_a_token_is_good_for_thirty_days():
    now = timezone.now()
    visit = opened(now=now)

    assert services.session_of_token(visit.token, now=now + TOKEN_LIFE - timedelta(seconds=1))
    assert services.session_of_token(visit.token, now=now + TOKEN_LIFE) is None


# Where the visitor is, and how to reach them


def test_the_page_moves_with_the_visitor():
    session = ChatSessionFactory()

    services.update_page(session, actor=session.customer, page=PAGE)

    session.refresh_from_db()
    assert (session.source, session.page_title, session.product_category) == ("/p/runner", "Runner", "shoes")
    assert session.product == "SH-101"


def test_the_page_is_nobody_elses_to_set():
    session = ChatSessionFactory()

    with pytest.raises(AccessDenied):
        services.update_page(session, actor=CustomerFactory(), page=PAGE)

    session.refresh_from_db()
    assert session.source == ""


def test_the_contact_is_the_customers():
    session = active_session()

    services.update_contact(session, actor=session.customer, name="Mei", email="mei@shop.example")

    session.customer.refresh_from_db()
    assert (session.customer.name, session.customer.email) == ("Mei", "mei@shop.example")


def test_another_customer_changes_no_contact():
    session = closed_session()
    name = session.customer.name

    with pytest.raises(AccessDenied):
        services.update_contact(session, actor=CustomerFactory(), name="Eve")

    session.customer.refresh_from_db()
    assert session.customer.name == name


def test_a_bad_address_changes_nothing():
    session = ChatSessionFactory()

    with pytest.raises(Invalid):
        services.update_contact(session, actor=session.customer, name="Mei", email="@")

    session.customer.refresh_from_db()
    assert session.customer.name != "Mei"


def test_coming_back_from_another_page_updates_where_the_customer_is():
    inbox = InboxFactory()
    first = services.open_session(inbox_slug=inbox.slug, page=services.Page(source="/shop/A/"))

    again = services.open_session(
        inbox_slug=inbox.slug, token=first.token, page=services.Page(source="/shop/B/")
    )

    assert again.resumed
    assert ChatSession.objects.get(pk=first.session.pk).source == "/shop/B/"
