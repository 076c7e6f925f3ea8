import pytest
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Permission
from django.db import connection

from apps.access.models import Role
from apps.audit.models import AuditEvent
from apps.audit.services import record
from apps.common.testing.live import Keeper, LiveDesk, keeper

pytestmark = pytest.mark.django_db(transaction=True)
TIMES = pytest.mark.parametrize("time", [1, 2])


@TIMES
def test_rows_of_one_test_are_gone_in_the_next(time):
    assert not get_user_model().objects.exists()
    get_user_model().objects.create_user("somebody")


@TIMES
def test_rows_of_the_migrations_are_back_in_the_next(time):
    names = set(Role.objects.values_list("name", flat=True))
    assert names
    assert "changed" not in names
    Role.objects.update(name="changed")


@TIMES
def test_audit_trail_is_emptied_although_it_forbids_that(time):
    user = get_user_model().objects.create_user("auditor")
    assert not AuditEvent.objects.deeds().exists()
    record(actor=user, action="common:Test")


def test_what_a_desk_writes_as_it_ends_is_gone():
    ending = Keeper()
    ending.desk, ending.clear = LiveDesk(0, (), {}), keeper.clear
    ending._stack.callback(get_user_model().objects.create_user, "late")

    ending.stop()

    assert ending.desk is None
    assert not get_user_model().objects.exists()


def test_permissions_stay():
    assert Permission.objects.filter(codename="view_user").exists()


def test_foreign_keys_hold_within_a_test():
    with connection.cursor() as cursor:
        cursor.execute("SHOW session_replication_role")
        assert cursor.fetchone() == ("origin",)
