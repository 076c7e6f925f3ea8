"""Why somebody may, or may not: every statement that speaks of it, and what would have to be otherwise."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.apps import apps
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy

from apps.access import principals, vendors
from apps.access import services as access
from apps.access.models import User
from apps.access.policies.conditions import Condition
from apps.access.policies.decisions import Bundle, Deciding, Request, counts_unknown, situation_of
from apps.access.policies.document import Statement
from apps.access.policies.remedies import remedies
from apps.access.policies.resources import SCOPES, Extent, Resource, Target, relative
from apps.access.registry import base_of, known_actions
from apps.access.scoping import kind_of, resource_of
from apps.common.errors import Invalid

LOOKUPS = ("public_id", "slug", "number", "refund_no", "order_no", "username")
KEPT_OUT = {
    vendors.INACTIVE: _lazy("The partner who sends them is switched off."),
    vendors.ENDED: _lazy("The last day of the partner who sends them is over."),
    vendors.OUTSIDE_HOURS: _lazy("It is outside of the hours of the partner who sends them."),
    vendors.OUTSIDE_NETWORK: _lazy("The address is in none of the networks of the partner who sends them."),
}
ROOT = Statement(
    0, "Allow", ("*",), (Target("*"),), source={"Effect": "Allow", "Action": "*", "Resource": "*"}
)


@dataclass(frozen=True)
class Considered:
    """One statement, and which of its parts fit."""

    policy: str
    via: str
    statement: Statement
    action: bool
    resource: bool
    conditions: tuple[tuple[Condition, bool], ...]

    @property
    def applies(self) -> bool:
        return self.action and self.resource and all(holds for _condition, holds in self.conditions)


@dataclass(frozen=True)
class Explanation:
    """The decision, the statement that made it, all that were asked, and what would change it."""

    allowed: bool
    deciding: Deciding | None
    considered: list[Considered]
    reasons: list[str]


def explain(
    user: User,
    action: str,
    resource: str = "*",
    *,
    at: datetime | None = None,
    ip: str | None = None,
    mfa: bool = False,
) -> Explanation:
    """As ``access.can`` would answer a call over HTTP in that situation; without ``ip``, from an unknown address.

    Raises ``Invalid`` for what the desk does not know.
    """
    now, action = at or timezone.now(), _known(action)
    situation = {"acs:sourceip": ip, "acs:mfapresent": mfa, "helpdesk:source": "http"}
    known = principals.situation(user, now=now, **situation)
    request = Request(base_of(action), _resource(user, action, resource), known)
    if access.is_root(user) and user.is_active:
        return Explanation(True, Deciding("superuser", ROOT), [], [_("No policy binds a superuser.")])
    rows = principals.roles_of_all([user], now=now)[user.pk]
    held = principals.policy_set(row for row in rows if principals.counts_at(row, now))
    decision = held.decide(request.action, request.resource, known)
    considered = [one for bundle in held.bundles for one in _consider(bundle, request)]
    kept_out = _kept_out(user, now, ip)
    if kept_out:
        return Explanation(False, None, considered, [kept_out])
    reasons = list(_reasons(decision.deciding, considered, request))
    if decision.deciding is None:
        reasons += remedies(user, rows, request, now=now)
    return Explanation(decision.allowed, decision.deciding, considered, reasons)


def as_json(found: Explanation) -> dict[str, Any]:
    """As the command and the API give it."""
    deciding = found.deciding
    return {
        "decision": "allow" if found.allowed else "deny",
        "deciding": deciding
        and {
            "policy": deciding.policy,
            "statement": deciding.statement.source,
            "index": deciding.statement.index,
            "role": deciding.via,
        },
        "considered": [_considered_json(one) for one in found.considered],
        "would_change": found.reasons,
    }


def _considered_json(one: Considered) -> dict[str, Any]:
    return {
        "policy": one.policy,
        "role": one.via,
        "index": one.statement.index,
        "statement": one.statement.source,
        "action": one.action,
        "resource": one.resource,
        "conditions": [{**condition.names, "holds": holds} for condition, holds in one.conditions],
        "applies": one.applies,
    }


def _known(action: str) -> str:
    by_name = {known.lower(): known for known in known_actions()}
    if action.lower() not in by_name:
        detail = _("The desk knows no action “%(pattern)s”.") % {"pattern": action}
        raise Invalid(detail, fields={"action": [detail]})
    return by_name[action.lower()]


def _resource(user: User, action: str, text: str) -> Resource:
    """``*``, ``member/*``, ``queue/shoes/*`` or ``session/<number>``, with or without the ARN before it."""
    name = relative(text)
    kind, _slash, rest = name.partition("/")
    if name in ("*", ""):
        return Resource(Extent.EVERYTHING if base_of(action) != action else Extent.SOMETHING)
    if kind == "member":
        return Resource(Extent.ONE, is_member=lambda: True)
    parts = rest.split("/")
    if kind in SCOPES:
        return (
            _in_scope(user, kind, parts[0])
            if parts[1:] in ([], ["*"])
            else _object(user, parts[1], parts[-1])
        )
    return Resource(Extent.ONE, kind) if rest == "*" else _object(user, kind, rest)


def _in_scope(user: User, kind: str, slug: str) -> Resource:
    """Something that lies in the queue or inbox, as yet unnamed."""
    scope = _found(_models(kind), {"slug": slug})
    inside = resource_of(user, scope)
    return Resource(Extent.ONE, slug_of=inside.slug_of, is_member=inside.is_member)


def _object(user: User, kind: str, number: str) -> Resource:
    model = _models(kind)
    names = {field.name for field in model._meta.concrete_fields}
    keys = [key for key in LOOKUPS if key in names]
    wanted: list[dict[str, Any]] = [{key: number} for key in keys if key != "number" or number.isdigit()]
    if number.isdigit():
        wanted.append({"pk": number})
    for lookup in wanted:
        obj = model._default_manager.filter(**lookup).first()
        if obj is not None:
            return resource_of(user, obj)
    raise _unknown(_("There is no %(kind)s “%(number)s”.") % {"kind": kind, "number": number})


def _models(kind: str) -> type[models.Model]:
    for model in apps.get_models():
        if model.__module__.startswith("apps.") and kind_of(model) == kind and not model._meta.proxy:
            return model
    raise _unknown(_("The desk knows no kind of object “%(kind)s”.") % {"kind": kind})


def _found(model: type[models.Model], lookup: dict[str, Any]) -> models.Model:
    obj = model._default_manager.filter(**lookup).first()
    if obj is None:
        values = {"kind": kind_of(model), "number": next(iter(lookup.values()))}
        raise _unknown(_("There is no %(kind)s “%(number)s”.") % values)
    return obj


def _unknown(detail: str) -> Invalid:
    return Invalid(detail, fields={"resource": [detail]})


def _kept_out(user: User, now: datetime, ip: str | None) -> str:
    if not user.is_active:
        return _("The account is switched off.")
    reason = vendors.refuses(user, now=now, ip=ip)
    return str(KEPT_OUT[reason]) if reason else ""


def _consider(bundle: Bundle, request: Request) -> Iterator[Considered]:
    for statement in bundle.statements:
        unknown = counts_unknown(statement, request)
        known = situation_of(statement, request) or request.values
        yield Considered(
            bundle.policy,
            bundle.via,
            statement,
            statement.names(request.action),
            any(target.covers(request.resource, denying=statement.denies) for target in statement.targets),
            tuple((one, one.holds(known, unknown=unknown)) for one in statement.conditions),
        )


def _reasons(deciding: Deciding | None, considered: list[Considered], request: Request) -> Iterator[str]:
    """What would have to be otherwise for the other answer."""
    if deciding is not None:
        name = deciding.statement.sid or f"{deciding.policy} [{deciding.statement.index}]"
        denied = _("As long as “%(name)s” denies it, nothing can allow it.")
        allowed = _("Without “%(name)s”, or with a denial, it would not be allowed.")
        yield (denied if deciding.statement.denies else allowed) % {"name": name}
        for condition in deciding.statement.conditions if deciding.statement.denies else ():
            values = {"name": name, **condition.names}
            yield _("“%(name)s” denies it only while %(operator)s of %(key)s holds.") % values
        return
    near = [one for one in considered if one.action and not one.statement.denies]
    if not near:
        yield _("No role of theirs has a statement that allows %(action)s.") % {"action": request.action}
    for one in near:
        yield from _missing(one)


def _missing(one: Considered) -> Iterator[str]:
    where = f"{one.policy} [{one.statement.index}]"
    if not one.resource:
        reached = ", ".join(target.text for target in one.statement.targets)
        yield _("“%(where)s” allows it on %(reached)s only.") % {"where": where, "reached": reached}
    for condition, holds in one.conditions:
        if not holds:
            values = {"where": where, **condition.names}
            yield _("“%(where)s” allows it if %(operator)s of %(key)s holds.") % values
