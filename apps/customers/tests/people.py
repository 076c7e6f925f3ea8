"""Staff for the tests of the lower apps."""

import factory

from apps.access.models import Grant, Role, User


class StaffFactory(factory.django.DjangoModelFactory):
    """Somebody who signs in; ``role="agent"`` grants that role."""

    class Meta:
        model = User
        skip_postgeneration_save = True

    username = factory.Sequence("staff{}".format)

    @factory.post_generation
    def role(self, create, slug, **kwargs):
        if slug:
            Grant.objects.create(user=self, role=Role.objects.get(slug=slug))
