from typing import TYPE_CHECKING, Any

from django.contrib.auth.models import AbstractUser, UserManager
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from apps.access.models.vendors import Vendor

if TYPE_CHECKING:
    from apps.access.models.roles import RoleSession


class User(AbstractUser):
    """Somebody who signs in: an agent, a supervisor, a manager, an auditor, or an API client."""

    display_name = models.CharField(
        _("display name"), max_length=80, blank=True, help_text=_("What customers see, e.g. “Mei”.")
    )
    locale = models.CharField(_("language"), max_length=12, default="en")
    zone = models.CharField(_("time zone"), max_length=64, default="Asia/Shanghai")
    vendor = models.ForeignKey(
        Vendor,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="users",
        verbose_name=_("partner"),
        help_text=_("The outsourcing partner that employs them."),
    )
    is_api_client = models.BooleanField(default=False, editable=False)  # a program: no password, tokens only
    created_by = models.ForeignKey(  # whoever made a program, for whose deeds they are no second person
        "self",
        models.SET_NULL,
        null=True,
        editable=False,
        related_name="programs",
        verbose_name=_("made by"),
    )

    actor_kind = "user"
    # What the door found out about the session or the token that was shown; see ``context.establish``.
    facts: "dict[str, Any] | None" = None
    # The role session behind the token that was shown, which is then all that the person is worth.
    assumed: "RoleSession | None" = None

    class Meta:
        verbose_name = _("user")
        verbose_name_plural = _("users")

    def __str__(self) -> str:
        return self.actor_label

    @property
    def actor_label(self) -> str:
        return self.display_name or self.get_full_name() or self.username

    @property
    def behind(self) -> "User":
        """Who answers for what they do: they themselves, or of a program whoever had the token that it came with.

        Where that is not known, whoever made it. One query for a program.
        """
        return self._issuer() or self.created_by or self

    def _issuer(self) -> "User | None":
        key = (self.facts or {}).get("key") if self.is_api_client else None
        token = self.api_tokens.filter(pk=key).select_related("issued_by").first() if key else None
        return token.issued_by if token else None

    def is_behind(self, other: "User") -> bool:
        """Whether ``other`` is this person or a program of theirs: neither is a second person to the other.

        Theirs is what they made, and what they have had a token of; to find that out is a query for a program.
        """
        if self.pk in (other.pk, other.created_by_id):
            return True
        return other.is_api_client and other.api_tokens.filter(issued_by=self).exists()

    def people_behind(self) -> "models.QuerySet[User]":
        """Those whose program this is."""
        return User.objects.filter(Q(pk=self.created_by_id) | Q(pk__in=self.api_tokens.values("issued_by")))


class ApiClientManager(UserManager):
    def get_queryset(self):
        return super().get_queryset().filter(is_api_client=True)


class ApiClient(User):
    """A program that uses the API: a user of its own, with roles like anybody's, that signs in by token only."""

    objects = ApiClientManager()

    class Meta:
        proxy = True
        verbose_name = _("API client")
        verbose_name_plural = _("API clients")
