from datetime import timedelta

import factory
from django.utils import timezone

from apps.access.models import ApiToken, Grant, Policy, Role, RoleSession, User, Vendor
from apps.common.ids import digest

ROLES = ("agent", "supervisor", "manager", "auditor", "api_client")


class UserFactory(factory.django.DjangoModelFactory):
    """Somebody who signs in; ``role="agent"`` grants that role for good."""

    class Meta:
        model = User
        skip_postgeneration_save = True

    username = factory.Sequence("person{}".format)

    @factory.post_generation
    def role(self, create, slug, **kwargs):
        if slug:
            GrantFactory(user=self, role=Role.objects.get(slug=slug))


class StaffFactory(UserFactory):
    """Somebody with a name that customers see."""

    username = factory.Sequence("colleague{}".format)
    display_name = factory.Sequence("Colleague {}".format)


class RoleFactory(factory.django.DjangoModelFactory):
    """A role of the shop's own that allows to write in chats."""

    class Meta:
        model = Role

    slug = factory.Sequence("role{}".format)
    name = factory.Sequence("Role {}".format)
    actions = factory.LazyFunction(lambda: ["chat:SendMessage"])


class GrantFactory(factory.django.DjangoModelFactory):
    """The role of an agent, for good."""

    class Meta:
        model = Grant

    user = factory.SubFactory(UserFactory)
    role = factory.LazyFunction(lambda: Role.objects.get(slug="agent"))


class RoleSessionFactory(factory.django.DjangoModelFactory):
    """A role taken on just now, for four hours."""

    class Meta:
        model = RoleSession

    user = factory.SubFactory(UserFactory)
    role = factory.SubFactory(RoleFactory)
    reason = "Peak"
    started_at = factory.LazyFunction(timezone.now)
    not_after = factory.LazyAttribute(lambda row: row.started_at + timedelta(hours=4))


class ApiTokenFactory(factory.django.DjangoModelFactory):
    """The token ``"secret"`` in force for a month; ``token`` is another one."""

    class Meta:
        model = ApiToken

    class Params:
        token = "secret"

    user = factory.SubFactory(UserFactory)
    name = "Import"
    digest = factory.LazyAttribute(lambda row: digest(row.token))
    expires_at = factory.LazyFunction(lambda: timezone.now() + timedelta(days=30))


class VendorFactory(factory.django.DjangoModelFactory):
    """A partner whose people may work at any time from anywhere."""

    class Meta:
        model = Vendor

    slug = factory.Sequence("partner-{}".format)
    name = factory.Sequence("Partner {}".format)


class PolicyFactory(factory.django.DjangoModelFactory):
    """Allows to read every chat; attached to nothing."""

    class Meta:
        model = Policy

    slug = factory.Sequence("policy-{}".format)
    name = factory.Sequence("Policy {}".format)
    document = factory.LazyFunction(
        lambda: {
            "Version": "1",
            "Statement": [{"Effect": "Allow", "Action": "chat:ReadSession", "Resource": "*"}],
        }
    )
