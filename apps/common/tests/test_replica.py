"""The router, with a second connection to the test database that PostgreSQL itself keeps read-only."""

import pytest
from django.contrib.auth.models import AnonymousUser
from django.core.cache import cache
from django.db import connections, transaction
from django.db.backends.postgresql.base import DatabaseWrapper
from django.http import HttpResponse
from django.test import RequestFactory
from django.utils import timezone

from apps.access.models import User
from apps.access.tests.factories import StaffFactory
from apps.common import replica
from apps.common.replica import PRIMARY, REPLICA, ReplicaMiddleware, ReplicaRouter, late_reads
from apps.orders.models import Order
from apps.orders.tests.factories import OrderFactory

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def second(settings):
    """The alias ``replica``: a read-only connection to the same database."""
    settings.REPLICA_DATABASE_URL = "the same"
    same = connections[PRIMARY].settings_dict
    options = {key: value for key, value in same["OPTIONS"].items() if key != "pool"}
    options["options"] = "-c default_transaction_read_only=on"
    connections[REPLICA] = DatabaseWrapper({**same, "OPTIONS": options}, REPLICA)
    replica._health.forget()
    yield connections[REPLICA]
    connections[REPLICA].close()
    del connections[REPLICA]
    replica._health.forget()


@pytest.fixture
def user():
    return StaffFactory()


def database_of(queryset):
    """Where a query went, by the row that it brought."""
    return queryset.get()._state.db


def through(method, user, view, **headers):
    """One request of ``user`` through the middleware; what ``view`` returned."""
    seen = []

    def answer(request):
        seen.append(view())
        return HttpResponse()

    request = getattr(RequestFactory(), method)("/", headers=headers)
    request.user = user
    ReplicaMiddleware(answer)(request)
    return seen[0]


def read():
    return database_of(Order.objects.all())


def write():
    return Order.objects.update(synced_at=timezone.now())


def test_a_safe_request_reads_from_the_replica(second, user):
    OrderFactory()

    assert through("get", user, read) == REPLICA


def test_the_replica_takes_no_write(second):
    with pytest.raises(Exception, match="read-only"):
        Order.objects.using(REPLICA).update(synced_at=timezone.now())


def test_a_row_of_the_replica_is_saved_to_the_primary(second, user):
    OrderFactory()

    def change():
        order = Order.objects.get()
        order.buyer_name = "New"
        order.save(update_fields=["buyer_name"])
        return order._state.db

    assert through("get", user, change) == PRIMARY
    assert Order.objects.get().buyer_name == "New"


def test_who_has_written_reads_what_they_wrote(second, user):
    OrderFactory()

    assert through("post", user, read) == PRIMARY
    assert through("get", user, read) == PRIMARY
    cache.delete(f"replica:pin:user:{user.pk}")  # as when the pin has run out
    assert through("get", user, read) == REPLICA


def test_the_write_of_one_does_not_pin_another(second, user):
    OrderFactory()
    through("post", user, write)

    assert through("get", StaffFactory(), read) == REPLICA


def test_an_api_client_is_pinned_by_its_credential(second):
    OrderFactory()
    nobody, bearer = AnonymousUser(), {"Authorization": "Bearer one"}
    through("post", nobody, write, **bearer)

    assert through("get", nobody, read, **bearer) == PRIMARY
    assert through("get", nobody, read, Authorization="Bearer two") == REPLICA


def test_a_visitor_whom_nobody_knows_reads_from_the_primary(second):
    OrderFactory()

    assert through("get", AnonymousUser(), read) == PRIMARY


def test_a_read_after_a_write_of_the_same_request_is_the_primarys(second, user):
    OrderFactory()

    assert through("get", user, lambda: (read(), write(), read())) == (REPLICA, 1, PRIMARY)
    assert through("get", user, read) == PRIMARY


def test_a_read_in_a_transaction_is_the_primarys(second, user):
    OrderFactory()

    def view():
        with transaction.atomic():
            return read()

    assert through("get", user, view) == PRIMARY


def test_a_lock_is_the_primarys(second):
    OrderFactory()

    with late_reads():
        assert Order.objects.select_for_update().db == PRIMARY


def test_apps_that_follow_live_news_read_from_the_primary(second, user):
    assert through("get", user, lambda: database_of(User.objects.filter(pk=user.pk))) == PRIMARY


def test_relations_of_a_late_row_stay_with_it(second, user):
    order = OrderFactory()

    assert through("get", user, lambda: Order.objects.get().lines.all().db) == REPLICA
    assert order.lines.all().db == PRIMARY


def test_outside_a_request_everything_is_the_primarys(second):
    OrderFactory()

    assert read() == PRIMARY


def test_without_a_replica_nothing_changes(user):
    OrderFactory()

    assert through("get", user, read) == PRIMARY


def test_a_replica_that_is_away_is_passed_over_and_taken_back(second, user):
    OrderFactory()
    second.close()
    port = second.settings_dict["PORT"]
    second.settings_dict.update(PORT="1")
    replica._health.forget()

    assert through("get", user, read) == PRIMARY
    second.settings_dict.update(PORT=port)
    replica._health.forget()
    assert through("get", user, read) == REPLICA


def test_a_replica_that_lags_is_passed_over(second, user, monkeypatch):
    OrderFactory()
    monkeypatch.setattr(replica, "LAG", "SELECT 3600")
    replica._health.forget()

    assert through("get", user, read) == PRIMARY


def test_a_replica_is_never_migrated():
    assert not ReplicaRouter().allow_migrate(REPLICA, "orders")
    assert ReplicaRouter().allow_migrate(PRIMARY, "orders")
