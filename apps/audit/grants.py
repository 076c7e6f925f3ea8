"""Rights of the role that the application connects as: it may add to the trail, and nothing else.

Tables belong to the role that migrates. The trigger refuses changes from anybody; these rights keep the application
from switching it off, which only the owner of a table and superusers can.
"""

from django.db import connection, transaction
from psycopg import sql

from apps.audit.models import AuditEvent, AuditSeal

APPEND_ONLY = (AuditEvent, AuditSeal)
STATEMENTS = (
    "GRANT USAGE ON SCHEMA {schema} TO {role}",
    "GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA {schema} TO {role}",
    "GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA {schema} TO {role}",
    "ALTER DEFAULT PRIVILEGES IN SCHEMA {schema} GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO {role}",
    "ALTER DEFAULT PRIVILEGES IN SCHEMA {schema} GRANT USAGE, SELECT ON SEQUENCES TO {role}",
)
NARROWED = ("REVOKE ALL ON {table} FROM {role}, PUBLIC", "GRANT SELECT, INSERT ON {table} TO {role}")


def statements(role: str) -> list[sql.Composed]:
    """What to run as the owner of the tables, in order. Running it again changes nothing."""
    names = {"schema": sql.Identifier(_schema()), "role": sql.Identifier(role)}
    general = [sql.SQL(text).format(**names) for text in STATEMENTS]
    narrow = [
        sql.SQL(text).format(table=sql.Identifier(_schema(), model._meta.db_table), role=names["role"])
        for model in APPEND_ONLY
        for text in NARROWED
    ]
    return [*general, *narrow]


def as_text(role: str) -> str:
    """The same, to be read or run by hand."""
    connection.ensure_connection()
    return "".join(f"{statement.as_string(connection.connection)};\n" for statement in statements(role))


@transaction.atomic
def apply(role: str) -> None:
    """Run it on this connection, which has to be the owner's."""
    with connection.cursor() as cursor:
        for statement in statements(role):
            cursor.execute(statement)


def weaknesses() -> list[str]:
    """What the role of this connection could do to the trail, in words; empty when it may only add."""
    found = []
    with connection.cursor() as cursor:
        cursor.execute("SELECT rolsuper FROM pg_roles WHERE rolname = current_user")
        if cursor.fetchone()[0]:
            return ["It is a superuser, whom nothing binds."]
        for model in APPEND_ONLY:
            table = model._meta.db_table
            cursor.execute(
                "SELECT pg_has_role(relowner, 'MEMBER'), has_table_privilege(oid, 'UPDATE'), "
                "has_table_privilege(oid, 'DELETE'), has_table_privilege(oid, 'TRUNCATE') "
                "FROM pg_class WHERE oid = %s::regclass",
                [table],
            )
            owns, *rights = cursor.fetchone()
            found += [f"It owns {table} and may switch its triggers off."] if owns else []
            names = [
                name for name, held in zip(("UPDATE", "DELETE", "TRUNCATE"), rights, strict=True) if held
            ]
            found += [f"It holds {', '.join(names)} on {table}."] if names and not owns else []
    return found


def _schema() -> str:
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_schema()")
        return cursor.fetchone()[0]
