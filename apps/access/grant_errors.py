"""What stands in the way of giving a role, deciding on it and taking it back."""

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy

from apps.access.enums import GrantState
from apps.access.models import Grant
from apps.common.errors import AccessDenied, DomainError


class SamePerson(AccessDenied):
    """Whoever asked for a grant, or is to get it, does not decide on it; nor whose program does."""

    code = "same_person"
    default_detail = _lazy("Somebody else has to decide on this.")


class GrantDecided(DomainError):
    """Somebody was faster; says who, and when, or that it was withdrawn."""

    code = "grant_decided"
    default_detail = _lazy("Somebody has decided on this already.")

    def __init__(self, grant: Grant) -> None:
        super().__init__(_told(grant))


def _told(grant: Grant) -> str:
    if grant.state == GrantState.REVOKED and grant.decided_at is None:
        return _("This request was withdrawn.")
    return _decision(grant) if grant.decided_by and grant.decided_at else ""


def _decision(grant: Grant) -> str:
    at = date_format(timezone.localtime(grant.decided_at), "SHORT_DATETIME_FORMAT")
    values = {"person": grant.decided_by, "role": grant.role, "time": at}
    if grant.state == GrantState.REJECTED:
        return _("%(person)s has rejected “%(role)s” already, on %(time)s.") % values
    return _("%(person)s has approved “%(role)s” already, on %(time)s.") % values


class GrantOver(DomainError):
    """It was rejected or taken back, or its time is over: the record stays as it is."""

    code = "grant_over"
    default_detail = _lazy("This grant is over. Make another one.")


class NeedsApproval(DomainError):
    """A second person has to confirm it, so it cannot just be changed."""

    code = "needs_approval"
    default_detail = _lazy("A second person confirms each grant of this role. Make another one.")
