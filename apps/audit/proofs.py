"""Proof that one event is part of a sealed batch, to be checked by somebody who has nothing but the proof."""

import json
from typing import Any

from django.db import connection
from django.utils import timezone

from apps.audit import leaves, merkle
from apps.audit.models import AuditEvent, AuditSeal
from apps.audit.sealing import header_of
from apps.common.errors import Invalid, NotFound

FORMAT = "helpdesk-audit-proof/1"
BYTES = "SELECT {content} FROM audit_auditevent event WHERE event.id = %s"


def prove(event: AuditEvent) -> dict[str, Any]:
    """The event's bytes, its place in the tree of its seal, and the seal. Raises ``NotFound`` before it is sealed."""
    seal = AuditSeal.objects.filter(lower__lte=event.xid, upper__gt=event.xid).first()
    if seal is None:
        raise NotFound("This event is not sealed yet.")
    members = leaves.split(bytes(seal.members))
    place = next((at for at, (pk, _leaf) in enumerate(members) if pk == event.pk), None)
    if place is None:
        raise NotFound("This event is not part of the seal that covers its transaction.")
    path = merkle.path_of([leaf for _pk, leaf in members], place)
    return {
        "format": FORMAT,
        "event_id": str(event.event_id),
        "columns": leaves.COLUMNS,
        "content": _content(event),
        "place": place,
        "count": seal.count,
        "path": [sibling.hex() for sibling in path],
        "root": seal.root,
        "seal": {"number": seal.number, "header": header_of(seal).decode(), "previous": seal.previous},
        "hash": seal.hash,
        "made_at": timezone.now().isoformat(timespec="seconds"),
    }


def _content(event: AuditEvent) -> str:
    with connection.cursor() as cursor:
        cursor.execute(BYTES.format(content=leaves.CONTENT), [event.pk])
        return bytes(cursor.fetchone()[0]).decode()


def complaint(proof: Any) -> str:
    """Why ``proof`` proves nothing; empty when it holds. Needs neither database nor key.

    It holds for the chain whose ``hash`` it names: compare that with a checkpoint. Raises ``Invalid`` for no proof.
    """
    try:
        return _complaint(proof)
    except (KeyError, IndexError, TypeError, ValueError, AttributeError) as error:
        raise Invalid("This is no proof of an audit event.") from error


def _complaint(proof: dict[str, Any]) -> str:
    if proof["format"] != FORMAT:
        raise ValueError(proof["format"])
    leaf = merkle.leaf_hash(proof["content"].encode())
    path = [bytes.fromhex(sibling) for sibling in proof["path"]]
    found = merkle.root_by_path(leaf, int(proof["place"]), int(proof["count"]), path)
    if json.loads(proof["content"])[leaves.COLUMNS.index("event_id")] != proof["event_id"]:
        return "The content is another event's."
    if found is None or found.hex() != proof["root"]:
        return "The content does not lead to the root."
    header = proof["seal"]["header"]
    said = json.loads(header)
    if (said["root"], said["count"], said["number"]) != (
        proof["root"],
        proof["count"],
        proof["seal"]["number"],
    ):
        return "The seal is one of other events."
    linked = merkle.link_hash(bytes.fromhex(proof["seal"]["previous"]), header.encode()).hex()
    return "" if linked == proof["hash"] else "The seal does not lead to its hash."
