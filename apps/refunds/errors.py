from django.utils.translation import gettext_lazy as _

from apps.common.errors import AccessDenied, DomainError


class WrongState(DomainError):
    """The refund has moved on; what was asked is no longer possible. ``state`` says where it is."""

    code = "refund_wrong_state"
    default_detail = _("This refund has moved on meanwhile. Look at it again.")


class OwnRefund(AccessDenied):
    """Whoever asked for a refund never decides about it."""

    code = "refund_own"
    default_detail = _("Somebody else has to decide about a refund that you asked for.")


class AboveLimit(AccessDenied):
    """The amount is above what the person may approve."""

    code = "refund_above_limit"
    default_detail = _("This amount is above what you may approve.")


class NothingPaid(DomainError):
    """There is no payment that could be paid back."""

    code = "refund_nothing_paid"
    default_detail = _("Nothing was paid for this order that could be refunded.")


class MaybeSent(DomainError):
    """The gateway may have heard of the refund: it can no longer be withdrawn."""

    code = "refund_maybe_sent"
    default_detail = _("The gateway may have this refund already. It can no longer be withdrawn.")


class ForgedSignature(DomainError):
    """A notification that the gateway did not sign, or long ago."""

    code = "bad_signature"
    status = 401
    default_detail = _("The signature does not fit.")


class UnreadableNotice(DomainError):
    """A signed notification that nobody can read."""

    code = "unreadable_notice"
    status = 400
    default_detail = _("The notice cannot be read.")


class NoticeTooLarge(DomainError):
    """A notification beyond all measure."""

    code = "notice_too_large"
    status = 413
    default_detail = _("The notice is too large.")
