"""Who can do what, and what of it a security officer would question: the report before a pilot."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from allauth.mfa.models import Authenticator
from django.db.models import Max
from django.utils import timezone

from apps.access import principals
from apps.access.models import Grant, Policy, Role, User
from apps.access.others import asked_apart
from apps.access.permissions import AccessAction
from apps.access.policies.decisions import PolicySet
from apps.access.policies.document import READING, statements_of
from apps.access.policies.resources import Extent, Resource
from apps.access.registry import base_of, known_actions
from apps.audit.models import AuditEvent

WINDOW = timedelta(days=90)
REAL_FACTORS = (Authenticator.Type.TOTP, Authenticator.Type.WEBAUTHN)
POWERS = (AccessAction.MANAGE_USERS, AccessAction.MANAGE_ROLES, AccessAction.MANAGE_POLICIES)
ANYWHERE, EVERYWHERE = Resource(Extent.SOMETHING), Resource(Extent.EVERYTHING)


@dataclass(frozen=True)
class Finding:
    """What is questionable: ``principal`` is a user's name, ``role/<slug>`` or ``policy/<slug>``."""

    code: str
    principal: str
    detail: str


@dataclass
class Person:
    """Somebody who can act, and what the report looks at."""

    user: User
    held: PolicySet
    roles: list[str]
    grants: list[Grant]
    used: set[str] = field(default_factory=set)  # actions in the window
    last_active: datetime | None = None
    has_mfa: bool = False
    actions: frozenset[str] = frozenset()  # possible at all
    everywhere: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Review:
    """All who can act, and the findings, in a stable order."""

    people: list[Person]
    findings: list[Finding]


def review(*, now: datetime | None = None) -> Review:
    """Look at everybody active, at every role and every policy; conditions and hours are left aside."""
    now = now or timezone.now()
    with asked_apart():
        people = _people(now)
    found = [finding for person in people for finding in _of_person(person, now)]
    found += list(_of_roles()) + list(_of_policies())
    return Review(people, sorted(found, key=lambda one: (one.code, one.principal, one.detail)))


def _people(now: datetime) -> list[Person]:
    users = list(User.objects.filter(is_active=True).select_related("vendor").order_by("username"))
    grants = defaultdict(list)
    for grant in Grant.objects.usable(now).filter(user__in=users).select_related("role").order_by("pk"):
        grants[grant.user_id].append(grant)
    with_mfa = set(Authenticator.objects.filter(type__in=REAL_FACTORS).values_list("user", flat=True))
    used, active = _use(now)
    return [
        _person(user, held, grants[user.pk], used[user.pk], active.get(user.pk), user.pk in with_mfa)
        for user, held in zip(users, principals.policies_of_all(users, now=now).values(), strict=True)
    ]


def _person(
    user: User, held: PolicySet, grants: list[Grant], used: set[str], active: datetime | None, has_mfa: bool
) -> Person:
    person = Person(user, held, sorted({grant.role.slug for grant in grants}), grants, used, active, has_mfa)
    person.actions, person.everywhere = _possible(user, held, ANYWHERE), _possible(user, held, EVERYWHERE)
    return person


def _possible(user: User, held: PolicySet, where: Resource) -> frozenset[str]:
    actions = {action for action in known_actions() if base_of(action) == action}
    if user.is_superuser:
        return frozenset(actions)
    known = principals.situation(user)
    return frozenset(action for action in actions if held.decide(action, where, known).allowed)


def _use(now: datetime) -> tuple[dict[int, set[str]], dict[int, datetime]]:
    """Which actions each user did in the window, and when they were last seen in the trail; two queries."""
    mine = AuditEvent.objects.filter(
        actor_kind="user", actor_id__isnull=False, error_code="", at__gt=now - WINDOW
    )
    used: dict[int, set[str]] = defaultdict(set)
    for actor, action in mine.values_list("actor_id", "action").distinct().order_by():
        used[actor or 0].add(base_of(action))
    last = mine.values_list("actor_id").annotate(Max("at")).order_by()
    return used, dict(last)


def _of_person(person: Person, now: datetime) -> Iterator[Finding]:
    name = person.user.username
    if person.user.is_superuser:
        yield Finding("superuser", name, "No policy binds this account.")
    if not person.has_mfa and (person.user.is_superuser or set(POWERS) & person.actions):
        yield Finding("admin_without_mfa", name, "Can change who may do what, with a password alone.")
    if _is_dormant(person, now):
        yield Finding(
            "dormant_account", name, f"Nothing in {WINDOW.days} days: {', '.join(person.roles) or 'no role'}."
        )
    for grant in person.grants:
        if grant.not_after is None:
            yield Finding("grant_without_end", name, f"{grant.role.slug}, since {grant.created_at:%Y-%m-%d}")
    yield from _unused(person, now)


def _is_dormant(person: Person, now: datetime) -> bool:
    seen = [one for one in (person.last_active, person.user.last_login) if one is not None]
    return max(seen, default=person.user.date_joined) < now - WINDOW


def _unused(person: Person, now: datetime) -> Iterator[Finding]:
    """Deeds that could have been done in the whole window and were not; reading is not told apart by action."""
    if person.user.is_superuser or person.user.date_joined > now - WINDOW:
        return
    idle = sorted(action for action in person.actions - person.used if not _reads(action))
    if idle:
        yield Finding("unused_permissions", person.user.username, ", ".join(idle))


def _reads(action: str) -> bool:
    return action.partition(":")[2].startswith(READING)


def _of_roles() -> Iterator[Finding]:
    """A shop's own role that may change everything of a kind, and one that nobody holds."""
    held = set(Grant.objects.usable(timezone.now()).values_list("role", flat=True))
    for role in Role.objects.prefetch_related("policies").order_by("slug"):
        broad = sorted(action for action in role.actions if base_of(action) != action and not _reads(action))
        if broad and not role.is_system:
            yield Finding("over_broad", f"role/{role.slug}", f"Reaches everything: {', '.join(broad)}")
        if not role.is_system and role.pk not in held:
            yield Finding("unused_role", f"role/{role.slug}", "Nobody holds it.")


def _of_policies() -> Iterator[Finding]:
    for policy in Policy.objects.filter(is_system=False, is_guardrail=False).order_by("slug"):
        for statement in statements_of(policy.document):
            reasons = list(_breadth(statement.actions, [target.kind for target in statement.targets]))
            if reasons and not statement.denies and not statement.conditions:
                yield Finding(
                    "over_broad",
                    f"policy/{policy.slug}",
                    f"Statement {statement.index}: {'; '.join(reasons)}",
                )


def _breadth(actions: Iterable[str], kinds: Iterable[str]) -> Iterator[str]:
    if "*" in actions:
        yield "allows every action"
    writes = [action for action in actions if not _reads(action)]
    if "*" in kinds and writes:
        yield f"reaches everything with {', '.join(writes)}"


def as_json(found: Review) -> dict[str, Any]:
    """``{principals, findings}`` as the command prints them."""
    return {
        "principals": [
            {
                "username": person.user.username,
                "vendor": person.user.vendor and person.user.vendor.slug,
                "is_superuser": person.user.is_superuser,
                "roles": person.roles,
                "mfa": person.has_mfa,
                "last_active": person.last_active and person.last_active.isoformat(),
                "can": sorted(person.actions),
                "everywhere": sorted(person.everywhere),
            }
            for person in found.people
        ],
        "findings": [vars(finding) for finding in found.findings],
    }
