"""What services raise. One handler turns each into a problem body, one frame builder into a nack."""

from typing import Any

from django.utils.translation import gettext_lazy as _


class DomainError(Exception):
    """A request that the desk understood and refuses; ``code`` is stable, ``detail`` is for people."""

    code = "domain_error"
    status = 409
    retryable = False
    default_detail: object = _("This is not possible right now.")  # may be translated lazily

    def __init__(self, detail: object = "", **extra: object) -> None:
        self.detail = str(detail or self.default_detail)
        self.extra = extra
        super().__init__(self.detail)


class AccessDenied(DomainError):
    """The actor may not do this; nothing was changed."""

    code = "forbidden"
    status = 403
    default_detail = _("You are not allowed to do this.")

    def __init__(self, detail: object = "", *, action: str = "", target: Any = None, **extra: object) -> None:
        super().__init__(detail, **extra)
        self.action, self.target = str(action), target  # for the audit, not for the answer


class NotFound(DomainError):
    """Unknown, or not visible to the actor: from outside the two look the same."""

    code = "not_found"
    status = 404
    default_detail = _("Not found.")


class Invalid(DomainError):
    """The input cannot be used; ``fields`` maps a field to its complaints."""

    code = "invalid"
    status = 400
    default_detail = _("The input is not valid.")

    def __init__(self, detail: object = "", *, code: str = "", fields: dict | None = None, **extra: object):
        super().__init__(detail, **extra)
        self.code = code or type(self).code
        self.fields = fields or {}


class RateLimited(DomainError):
    """Too many requests; the same one may succeed later."""

    code = "rate_limited"
    status = 429
    retryable = True
    default_detail = _("Too many requests. Please wait a moment and try again.")


class Unavailable(DomainError):
    """Something the desk depends on is away; nothing was stored."""

    code = "unavailable"
    status = 503
    retryable = True
    default_detail = _("The desk cannot store anything right now. Please try again.")
