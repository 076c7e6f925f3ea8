"""Policies as people change them: each change is a version, and can be looked at before it counts."""

from collections.abc import Iterable
from copy import copy
from datetime import datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy

from apps.access import services as access
from apps.access.actors import Actor
from apps.access.chaining import require_own_name
from apps.access.events import AccessChanged
from apps.access.giving import attaching, changing, dropping
from apps.access.models import Policy, PolicyVersion, Role, User
from apps.access.permissions import AccessAction
from apps.access.policies.document import Problem, problems_of, statements_of
from apps.access.reach import one_at_a_time, require
from apps.common.errors import DomainError, Invalid
from apps.common.events import publish

FIELDS = ("slug", "name", "description", "is_guardrail")


class SystemPolicy(DomainError):
    """The policies that come with the desk follow the code."""

    code = "system_policy"
    default_detail = _lazy("This policy comes with the desk. Make a copy of it and change that.")


class PolicyChanged(DomainError):
    """Somebody else saved another version meanwhile."""

    code = "policy_changed"
    default_detail = _lazy("Somebody has changed this policy meanwhile. Look at their version first.")


class PolicyAttached(DomainError):
    """A role still has it."""

    code = "policy_attached"
    default_detail = _lazy("Roles have this policy. Take it from them first.")


class LocksOut(DomainError):
    """With it, whoever saves it could not take it back."""

    code = "locks_out"
    default_detail = _lazy("With this policy you could not manage policies any more.")


@transaction.atomic
def create_policy(
    *, actor: Actor, document: Any, note: str = "", now: datetime | None = None, **fields: Any
) -> Policy:
    """Make a policy. It counts once it is attached to a role; a guardrail counts at once, for everybody.

    Raises ``AccessDenied``, ``RoleBeyondOwn`` for one that allows what ``actor`` does not hold, ``LocksOut``, or
    ``Invalid`` whose ``fields`` name the faults of the document by their JSON paths.
    """
    _require_manager(actor)
    policy = Policy(document=document, **fields)
    return _stored(policy, actor, note, now or timezone.now(), sorted(fields))


@transaction.atomic
def change_policy(
    policy: Policy, *, actor: Actor, version: int, note: str = "", now: datetime | None = None, **changes: Any
) -> Policy:
    """Change ``document`` or other fields of the ``version`` that ``actor`` looked at; it counts from the next request.

    Raises as ``create_policy``, and ``SystemPolicy`` or ``PolicyChanged``.
    """
    _require_manager(actor)
    policy = Policy.objects.select_for_update().get(pk=policy.pk)
    if policy.is_system:
        raise SystemPolicy()
    if policy.version != version:
        raise PolicyChanged(version=policy.version)
    before = copy(policy)
    for name, value in changes.items():
        setattr(policy, name, value)
    policy.version += 1
    return _stored(policy, actor, note, now or timezone.now(), sorted(changes), before=before)


@transaction.atomic
def delete_policy(policy: Policy, *, actor: Actor) -> None:
    """Remove a policy that no role has. Raises ``AccessDenied``, ``SystemPolicy``, ``PolicyAttached``."""
    _require_manager(actor)
    policy = Policy.objects.select_for_update().get(pk=policy.pk)
    if policy.is_system:
        raise SystemPolicy()
    if policy.roles.exists():
        raise PolicyAttached()
    if policy.is_guardrail and not _made_alone(policy, actor):
        require(actor, dropping(policy))
    data = {"deleted": policy.slug, "version": policy.version}
    publish(AccessChanged(AccessAction.MANAGE_POLICIES, actor, policy, data))
    policy.delete()


def _require_manager(actor: Actor) -> None:
    access.require(actor, AccessAction.MANAGE_POLICIES)
    require_own_name(actor)
    one_at_a_time()


def _made_alone(policy: Policy, actor: Actor) -> bool:
    """Whether nobody else has had a hand in it: who made a guardrail by mistake takes it back."""
    authors = set(policy.versions.values_list("author", flat=True))
    return isinstance(actor, User) and authors == {actor.pk}


def _stored(
    policy: Policy,
    actor: Actor,
    note: str,
    now: datetime,
    changed: list[str],
    *,
    before: Policy | None = None,
) -> Policy:
    require_faultless(policy.document, is_guardrail=policy.is_guardrail)
    for giving in changing(policy, before):
        if giving.among is not None or not _made_alone(policy, actor):
            require(actor, giving)
    try:
        policy.full_clean()
    except ValidationError as error:
        raise Invalid(fields=error.message_dict) from error
    policy.save()
    author = actor if isinstance(actor, User) else None
    policy.versions.create(number=policy.version, document=policy.document, author=author, note=note, at=now)
    _require_way_back(actor)
    data = {"changed": changed, "version": policy.version, "document": policy.document}
    publish(AccessChanged(AccessAction.MANAGE_POLICIES, actor, policy, data))
    return policy


def faults_of(document: Any, *, is_guardrail: bool = False) -> list[Problem]:
    """What is wrong with a document, each fault by its JSON path; a guardrail only denies."""
    problems = problems_of(document)
    if problems or not is_guardrail:
        return problems
    allowing = (one for one in statements_of(document) if not one.denies)
    return [Problem(f"$.Statement[{one.index}].Effect", _("A guardrail only denies.")) for one in allowing]


def require_faultless(document: Any, *, is_guardrail: bool) -> None:
    """Raise ``Invalid`` whose ``fields`` name the faults of ``document`` by their JSON paths."""
    problems = faults_of(document, is_guardrail=is_guardrail)
    if problems:
        raise Invalid("; ".join(map(str, problems)), fields=_by_path(problems))


def _by_path(problems: Iterable[Problem]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for problem in problems:
        found.setdefault(problem.path, []).append(problem.detail)
    return found


def _require_way_back(actor: Actor) -> None:
    """Raise ``LocksOut`` where ``actor`` could no longer undo what they have just stored."""
    if not access.can(actor, AccessAction.MANAGE_POLICIES, now=timezone.now()):
        raise LocksOut()


@transaction.atomic
def attach(role: Role, policies: Iterable[Policy], *, actor: Actor) -> Role:
    """Give ``role`` exactly ``policies``. Raises ``AccessDenied``, ``RoleBeyondOwn``, ``LocksOut``."""
    _require_manager(actor)
    role = Role.objects.select_for_update().get(pk=role.pk)
    before = list(role.policies.all())
    wanted = Policy.objects.filter(pk__in=[policy.pk for policy in policies])
    policies = list(wanted.order_by("pk").select_for_update())  # as they are now
    if set(policies) == set(before):
        return role
    for policy in policies:
        require_faultless(policy.document, is_guardrail=policy.is_guardrail)
    require(actor, attaching(role, before, policies))
    role.policies.set(policies)
    data = {"before": _slugs(before), "after": _slugs(policies)}
    publish(AccessChanged(AccessAction.MANAGE_POLICIES, actor, role, data))
    _require_way_back(actor)
    return role


def _slugs(policies: Iterable[Policy]) -> list[str]:
    return sorted(policy.slug for policy in policies)


def version_of(policy: Policy, number: int) -> PolicyVersion | None:
    """What a policy said earlier."""
    return policy.versions.filter(number=number).first()
