from django.utils.translation import gettext_lazy as _

from apps.common.errors import DomainError


class SessionClosed(DomainError):
    code = "session_closed"
    default_detail = _("This chat is closed.")


class Conflict(DomainError):
    """The same ``ref`` came before with other content."""

    code = "conflict"
    default_detail = _("This reference was already used for another message.")


class Cancelled(DomainError):
    """The sender gave this ``ref`` up; it is dead."""

    code = "cancelled"
    default_detail = _("This message was cancelled by its sender.")


class TooLarge(DomainError):
    code = "too_large"
    status = 413
    default_detail = _("A message has at most 8,000 characters.")


class WrongState(DomainError):
    """The session is not in a state in which this can be done."""

    code = "wrong_state"
    default_detail = _("This is not possible in the chat's present state.")


class MayNotTake(DomainError):
    """The agent may not work on this chat, so it cannot be given to them."""

    code = "may_not_take"
    default_detail = _("This colleague may not take chats of this queue.")


class ReopenWindowOver(DomainError):
    code = "reopen_window_over"
    default_detail = _("This chat ended too long ago. Please start a new one.")


class UploadRefused(DomainError):
    code = "upload_refused"
    status = 400
    default_detail = _("This file cannot be sent.")


class UploadTooLarge(UploadRefused):
    code = "too_large"
    status = 413
    default_detail = _("This file is too large.")
