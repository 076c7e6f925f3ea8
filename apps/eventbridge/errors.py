from django.utils.translation import gettext_lazy as _

from apps.common.errors import DomainError


class BadSignature(DomainError):
    """Nothing proves that the source sent this; nothing was read, nothing stored."""

    code = "bad_signature"
    status = 401
    default_detail = _("The signature is missing or wrong.")


class StaleTimestamp(DomainError):
    """Signed too long ago, or in the future: perhaps a recording."""

    code = "stale_timestamp"
    status = 401
    default_detail = _("The signature is too old or from the future.")


class SourceRetired(DomainError):
    """The source is switched off."""

    code = "source_retired"
    status = 410
    default_detail = _("This address takes no more events.")


class UnknownFormat(DomainError):
    """Neither a CloudEvent in JSON nor in headers."""

    code = "unsupported_media_type"
    status = 415
    default_detail = _("The format of the event is not known.")


class CertificateUnavailable(DomainError):
    """The certificate that proves the signature could not be fetched; the sender should try again."""

    code = "certificate_unavailable"
    status = 503
    retryable = True
    default_detail = _("The certificate of the signature cannot be fetched right now.")


class NotForUs(Exception):
    """Raised by a handler that looked at an event and has no use for it: it is kept as ignored."""


class SourceInUse(DomainError):
    """The source has sent events, which stay on record."""

    code = "in_use"
    default_detail = _("It has sent events. Switch it off instead.")
