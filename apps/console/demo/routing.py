"""Peaks, skills, rules and ladders of the demo."""

from datetime import date, time
from typing import Any

from django.db import transaction
from django.utils import timezone

from apps.access.actors import SYSTEM
from apps.access.models import User
from apps.console.demo import fixtures
from apps.routing import services as routing
from apps.routing.models import (
    AgentSkill,
    OverflowStep,
    Queue,
    RoutingRule,
    ServiceCalendar,
    Skill,
    SpecialHours,
    SpecialPeriod,
)


@transaction.atomic
def load_routing() -> None:
    """Bring the demo's routing up to date: what is there by name stays as it is."""
    rows = fixtures.read("routing")
    calendar = ServiceCalendar.objects.get(name=fixtures.read("desk")["office_calendar"]["name"])
    for row in rows["periods"]:
        _period(calendar, row, timezone.now().astimezone(calendar.tz).date())
    for row in rows["skills"]:
        _skill(row)
    for row in rows["rules"]:
        _rule(row)
    for row in rows["ladders"]:
        _step(row)


def _period(calendar: ServiceCalendar, row: dict[str, str], today: date) -> None:
    """The next one to come, or the one that is on."""
    if calendar.periods.filter(name=row["name"], last_day__gte=today).exists():
        return
    year = today.year + (date.fromisoformat(f"{today.year}-{row['last']}") < today)
    first, last = (date.fromisoformat(f"{year}-{row[end]}") for end in ("first", "last"))
    period = SpecialPeriod(calendar=calendar, name=row["name"], first_day=first, last_day=last)
    routing.save_configuration(period, actor=SYSTEM)
    opens, closes = time.fromisoformat(row["opens"]), time.fromisoformat(row["closes"])
    routing.save_configuration(SpecialHours(period=period, opens=opens, closes=closes), actor=SYSTEM)


def _skill(row: dict[str, Any]) -> None:
    if Skill.objects.filter(slug=row["slug"]).exists():
        return
    skill = Skill(slug=row["slug"], name=row["name"])
    routing.save_configuration(skill, actor=SYSTEM)
    for agent in User.objects.filter(username__in=row["agents"]):
        routing.save_configuration(AgentSkill(agent=agent, skill=skill), actor=SYSTEM)


def _rule(row: dict[str, Any]) -> None:
    if RoutingRule.objects.filter(name=row["name"]).exists():
        return
    skills = Skill.objects.filter(slug__in=row.get("skills", []))
    fields = {key: value for key, value in row.items() if key != "skills"}
    rule = RoutingRule(**(fields | {"queue": Queue.objects.get(slug=row["queue"])}))
    routing.save_configuration(rule, actor=SYSTEM, related={"skills": skills})


def _step(row: dict[str, Any]) -> None:
    queue = Queue.objects.get(slug=row["queue"])
    if queue.overflow_steps.filter(position=row["position"]).exists():
        return
    target = Queue.objects.get(slug=row["target"]) if "target" in row else None
    routing.save_configuration(OverflowStep(**(row | {"queue": queue, "target": target})), actor=SYSTEM)
