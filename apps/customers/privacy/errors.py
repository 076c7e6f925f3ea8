from django.utils.translation import gettext_lazy as _

from apps.common.errors import DomainError


class OnHold(DomainError):
    """A legal hold keeps the data; ``reason`` says why."""

    code = "on_hold"
    default_detail = _("This customer is on legal hold.")


class AlreadyErased(DomainError):
    """There is nobody left to erase or export."""

    code = "already_erased"
    default_detail = _("This customer has been erased.")


class ErasureOpen(DomainError):
    """Somebody has asked for it, or it is running."""

    code = "erasure_open"
    default_detail = _("An erasure of this customer is under way.")


class ErasureSettled(DomainError):
    """Somebody decided it before."""

    code = "erasure_settled"
    default_detail = _("This erasure has been decided.")


class SecondPerson(DomainError):
    """Whoever asked for an erasure does not confirm it."""

    code = "second_person"
    status = 403
    default_detail = _("A second person has to confirm this.")


class ExportOpen(DomainError):
    """A copy is being built."""

    code = "export_open"
    default_detail = _("A copy of this customer's data is being built.")


class ExportGone(DomainError):
    """The copy was deleted after its time, or is not ready."""

    code = "export_gone"
    status = 410
    default_detail = _("This copy is not there any more.")


class PurgeRunning(DomainError):
    """One at a time."""

    code = "purge_running"
    default_detail = _("These data are being purged already.")


class NotPurgeable(DomainError):
    """No time is set for these data."""

    code = "kept_for_ever"
    default_detail = _("These data are kept for ever.")
