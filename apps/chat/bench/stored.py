"""What the database has of the sessions of a round: asked before its clock starts and after it has stopped."""

from typing import Protocol

import psycopg

from apps.chat.bench.checker import Row

HEADS = "SELECT public_id, last_seq, last_public_seq FROM chat_chatsession WHERE public_id = ANY(%s)"
ROWS = """
    SELECT s.public_id, m.seq, m.ref::text, m.body, m.internal
    FROM unnest(%s::text[], %s::int[]) AS start(public_id, seq)
    JOIN chat_chatsession s ON s.public_id = start.public_id
    JOIN chat_message m ON m.session_id = s.id AND m.seq > start.seq
    ORDER BY s.id, m.seq
"""


class Log(Protocol):
    """Where lines are kept."""

    def heads(self, sessions: list[str]) -> dict[str, tuple[int, int]]:
        """The last seq of each, and the last that its visitor may see."""

    def rows(self, starts: dict[str, int]) -> dict[str, list[Row]]:
        """What each session has beyond its start, by seq."""


class StoredLog:
    """The desk's tables, read with plain psycopg."""

    def __init__(self, url: str) -> None:
        self._url = url

    def heads(self, sessions: list[str]) -> dict[str, tuple[int, int]]:
        """See ``Log``."""
        with psycopg.connect(self._url) as connection:
            return {name: (last, public) for name, last, public in connection.execute(HEADS, [sessions])}

    def rows(self, starts: dict[str, int]) -> dict[str, list[Row]]:
        """See ``Log``."""
        found: dict[str, list[Row]] = {session: [] for session in starts}
        with psycopg.connect(self._url) as connection:
            for session, *row in connection.execute(ROWS, [list(starts), list(starts.values())]):
                found[session].append(tuple(row))
        return found
