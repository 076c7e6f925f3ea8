"""Which bytes of an event are sealed: its columns as a JSON list, made by the database in one way only.

All functions are PostgreSQL's own and named in full, none is ours: what a table's owner redefines changes no hash.
Columns that come later are covered by another version; seals name theirs.
"""

VERSION = 1
ID_SIZE, MEMBER_SIZE = 8, 40  # bytes of an id, and of a member: its id and the hash of its leaf

COLUMNS = (
    "id", "event_id", "at", "action", "actor_kind", "actor_id", "actor_name", "target_type", "target_id", "source",
    "request_id", "ip", "user_agent", "is_read", "error_code", "error_message", "identity", "data", "response", "about",
    "xid",
)  # fmt: skip
WRITTEN = {
    "at": "event.at AT TIME ZONE 'UTC'",  # as ISO 8601, whatever zone and style the connection has
    "ip": "pg_catalog.host(event.ip)",
}
_VALUES = ", ".join(WRITTEN.get(name, f"event.{name}") for name in COLUMNS)

# A list and no object: the names would be half of what is hashed.
CONTENT = f"pg_catalog.convert_to(pg_catalog.json_build_array({_VALUES})::text, 'UTF8')"
LEAF = f"pg_catalog.sha256('\\x00'::bytea OPERATOR(pg_catalog.||) {CONTENT})"
MEMBER = f"pg_catalog.int8send(event.id) OPERATOR(pg_catalog.||) {LEAF}"


def split(members: bytes) -> list[tuple[int, bytes]]:
    """Id and leaf hash of each member."""
    starts = range(0, len(members), MEMBER_SIZE)
    return [
        (int.from_bytes(members[at : at + ID_SIZE]), members[at + ID_SIZE : at + MEMBER_SIZE])
        for at in starts
    ]


def hashes(members: bytes) -> list[bytes]:
    """The leaf hashes alone."""
    return [members[at : at + MEMBER_SIZE - ID_SIZE] for at in range(ID_SIZE, len(members), MEMBER_SIZE)]
