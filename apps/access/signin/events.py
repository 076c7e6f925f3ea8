from dataclasses import dataclass


@dataclass(frozen=True)
class PasswordLinkMade:
    """Somebody is to get a link that sets their password. ``link`` is a secret: only the mail may hold it, sealed."""

    user_id: int
    email: str
    locale: str
    kind: str  # "reset" or "invitation"
    link: str
    hours: int  # that it works
