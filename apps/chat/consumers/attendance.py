"""Which customers came, stay and left, noted in memory and written for all sockets of a process at once."""

import logging

from apps.chat import services
from apps.common.aio import run_db

logger = logging.getLogger(__name__)


class Attendance:
    """What could not be written is noted again, unless there is newer: the chat was held, or the database away."""

    def __init__(self) -> None:
        self._noted: dict[int, bool] = {}  # by session: whether the customer is here

    def here(self, session_pk: int) -> None:
        """The customer of this chat gave a sign of life."""
        self._noted[session_pk] = True

    def left(self, session_pk: int) -> None:
        """Their last socket closed."""
        self._noted[session_pk] = False

    async def write(self) -> None:
        """Write what was noted; never raises."""
        for service, here in ((services.touch_customers, True), (services.customers_disconnected, False)):
            left_out = [pk for pk, is_here in self._noted.items() if is_here is here]
            if left_out:
                self._noted = {pk: is_here for pk, is_here in self._noted.items() if is_here is not here}
                try:
                    left_out = await run_db(service, left_out)
                except Exception as error:
                    logger.warning("Who is here waits for the database: %s", error)
                finally:
                    self._noted = dict.fromkeys(left_out, here) | self._noted
