from ipaddress import ip_address, ip_network

from apps.audit.models import AuditEvent, AuditEventQuerySet, AuditSeal
from apps.common.errors import Invalid


def by_action(rows: AuditEventQuerySet, text: str) -> AuditEventQuerySet:
    """``chat:AcceptSession``, or ``chat:*`` and ``chat`` for all of an app."""
    name = text.strip()
    if name.endswith("*"):
        return rows.filter(action__startswith=name.rstrip("*"))
    return rows.filter(action=name) if ":" in name else rows.filter(action__startswith=f"{name}:")


def by_ip(rows: AuditEventQuerySet, text: str) -> AuditEventQuerySet:
    """An address, or a network such as ``10.0.0.0/8``. Raises ``Invalid``."""
    try:
        if "/" not in text:
            return rows.filter(ip=str(ip_address(text.strip())))
        network = ip_network(text.strip(), strict=False)
    except ValueError as error:
        raise Invalid(fields={"ip": ["An address, or a network such as 10.0.0.0/8."]}) from error
    return rows.filter(ip__gte=str(network[0]), ip__lte=str(network[-1]))


def seal_of(event: AuditEvent) -> AuditSeal | None:
    """The seal that covers ``event``; None while it waits."""
    covering = AuditSeal.objects.headers().filter(lower__lte=event.xid, upper__gt=event.xid)
    return covering.first()
