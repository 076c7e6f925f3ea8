"""Which customers came, stay and left, noted in memory and written for all sockets of a process at once."""

from apps.chat import services
from apps.common.aio import run_db


class Attendance:
    """Each is written twice, by the next two sweeps: the first time somebody may hold the chat."""

    def __init__(self) -> None:
        self._noted: dict[int, bool] = {}  # by session: whether the customer is here
        self._written: dict[int, bool] = {}

    def here(self, session_pk: int) -> None:
        """The customer of this chat gave a sign of life."""
        self._noted[session_pk] = True

    def left(self, session_pk: int) -> None:
        """Their last socket closed."""
        self._noted[session_pk] = False

    async def write(self) -> None:
        """Write what was noted."""
        noted = self._written | self._noted
        self._written, self._noted = self._noted, {}
        for service, here in ((services.touch_customers, True), (services.customers_disconnected, False)):
            session_pks = [pk for pk, is_here in noted.items() if is_here is here]
            if session_pks:
                await run_db(service, session_pks)
