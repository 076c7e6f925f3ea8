"""The order in which events are sealed: by the number of the transaction that wrote them.

Ids are given out before a transaction commits, so that a smaller one may appear after a larger one was sealed. Below
``horizon`` no transaction is under way any more, and no number is given out again: what is there is all there will be.
"""

from django.db import connection, transaction

# What ``migrations`` made, with another base.
REBASED = """
CREATE OR REPLACE FUNCTION audit_transaction() RETURNS bigint LANGUAGE sql VOLATILE AS
    'SELECT pg_catalog.pg_current_xact_id()::text::bigint + {base}';
CREATE OR REPLACE FUNCTION audit_horizon() RETURNS bigint LANGUAGE sql VOLATILE AS
    'SELECT pg_catalog.pg_snapshot_xmin(pg_catalog.pg_current_snapshot())::text::bigint + {base}';
"""
# Everything that is committed has a smaller number: with our base, and as the server counts.
NEXT = """
SELECT audit_horizon() - pg_snapshot_xmin(now)::text::bigint + pg_snapshot_xmax(now)::text::bigint,
    pg_snapshot_xmax(now)::text::bigint
FROM pg_current_snapshot() now
"""
NEWEST = "SELECT coalesce(max(xid) + 1, 0) FROM audit_auditevent WHERE xid >= %s AND xid < %s"
FURTHEST = 2**60  # no server ever counts so far
MARGIN = 1_000_000  # transactions that begin while one looks


def horizon() -> int:
    """Transactions of smaller numbers are over, whether committed or not."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT audit_horizon()")
        return cursor.fetchone()[0]


def reach() -> int:
    """No event was honestly written under a larger number."""
    with connection.cursor() as cursor:
        cursor.execute(NEXT)
        return cursor.fetchone()[0] + MARGIN


@transaction.atomic
def keep_ahead() -> bool:
    """Continue where the stored events end, after a restore into a server that counts from elsewhere.

    Runs after every migrate. Returns whether the base had to be moved. A number that no server can have given out is
    not followed: the count would end there, and with it all recording.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT coalesce(max(upper), 0) FROM audit_auditseal WHERE upper < %s", [FURTHEST])
        sealed = cursor.fetchone()[0]
        cursor.execute(NEWEST, [sealed, FURTHEST])
        reached = max(sealed, cursor.fetchone()[0])
        cursor.execute(NEXT)
        ours, servers = cursor.fetchone()
        if reached <= ours:
            return False
        cursor.execute(REBASED.format(base=int(reached - servers)))
    return True
