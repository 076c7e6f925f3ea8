from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True)
class VerifiedClaims:
    """What a shop has signed about one of its customers; made by ``inboxes.identity`` only."""

    inbox: str  # slug of the inbox whose secret signed it
    sub: str  # the shop's own key of the customer
    jti: str
    expires_at: datetime
    name: str = ""
    email: str = ""
    phone: str = ""

    @property
    def identity_value(self) -> str:
        """The value of the shop identity: accounts of two inboxes never meet."""
        return f"{self.inbox}:{self.sub}"
