"""Programs that were made before it was kept by whom."""

from importlib import import_module

import pytest
from django.apps import apps

from apps.access import clients
from apps.access.actors import SYSTEM
from apps.access.models import ApiClient, ApiToken, Role, User
from apps.access.tests.factories import UserFactory

pytestmark = pytest.mark.django_db


def made_long_ago(actor):
    client, _token = clients.create_api_client(actor=actor, name="ERP", roles=[])
    return client


def move_on():
    """What was stored says nothing of makers; then the migration comes."""
    ApiClient.objects.update(created_by=None)
    ApiToken.objects.update(issued_by=None)
    import_module("apps.audit.migrations.0004_makers_of_programs").forwards(apps, None)


def test_the_trail_says_who_made_a_program_and_who_saw_its_tokens():
    maker, renewer, stopper = UserFactory.create_batch(3, role="manager")
    client = made_long_ago(maker)
    clients.renew_client_token(client, actor=renewer)
    clients.stop_api_client(client, actor=stopper)

    move_on()

    client.refresh_from_db()
    assert client.created_by == maker
    assert [row.issued_by for row in client.api_tokens.order_by("pk")] == [maker, renewer]
    assert not stopper.is_behind(client)


def test_what_a_program_made_is_its_makers():
    maker = UserFactory(role="manager")
    first = made_long_ago(maker)
    first.grants.create(role=Role.objects.get(slug="manager"))
    second = made_long_ago(User.objects.get(pk=first.pk))

    move_on()

    second.refresh_from_db()
    assert second.created_by == maker


def test_who_is_gone_and_the_desk_itself_make_nobody_a_maker():
    gone = UserFactory(role="manager")
    orphan, own = made_long_ago(gone), made_long_ago(SYSTEM)
    clients.stop_api_client(orphan, actor=UserFactory(role="manager"))
    ApiToken.objects.update(issued_by=None)
    User.objects.filter(pk=orphan.pk).update(created_by=None)
    gone.delete()

    move_on()

    assert list(
        ApiClient.objects.filter(pk__in=[orphan.pk, own.pk]).values_list("created_by", flat=True)
    ) == [
        None,
        None,
    ]


def test_what_is_known_stays():
    known = UserFactory()
    client = made_long_ago(UserFactory(role="manager"))
    ApiClient.objects.filter(pk=client.pk).update(created_by=known)

    import_module("apps.audit.migrations.0004_makers_of_programs").forwards(apps, None)

    client.refresh_from_db()
    assert client.created_by == known
