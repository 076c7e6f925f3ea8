"""Which queue a piece of work belongs to: pure, and able to say why."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace

from apps.routing.enums import Allocation
from apps.routing.errors import NoQueue
from apps.routing.models import Queue, RoutingRule

SEPARATORS = re.compile(r"[/?#&=]")  # between the parts of an address


@dataclass(frozen=True)
class Case:
    """What is known about the work when it is routed; empty strings are unknown."""

    channel: str = ""
    source: str = ""  # page or product reference the customer came from
    product: str = ""  # number of the product, where it is known apart from the page
    product_category: str = ""
    customer_level: str = ""
    locale: str = ""
    inbox: str = ""  # slug


@dataclass(frozen=True)
class Decision:
    """Where the work goes; ``trace`` says in English, line by line, why."""

    queue: Queue
    priority: int
    rule: RoutingRule | None = None  # None: the default queue
    trace: list[str] = field(default_factory=list)
    skills: tuple[str, ...] = ()  # slugs, all of them wanted
    allocation: str = ""  # empty: the method of the queue

    @property
    def method(self) -> Allocation:
        """How an agent will be chosen."""
        return Allocation(self.allocation or self.queue.allocation)

    def moved_to(self, queue: Queue, why: str) -> "Decision":
        """The same decision with another queue, and ``why`` at the end of the trace."""
        return replace(self, queue=queue, trace=[*self.trace, why])


def decide(case: Case, *, rules: Iterable[RoutingRule], default: Queue | None) -> Decision:
    """The queue of the first of ``rules`` (in order) that matches ``case``, else ``default``.

    Raises ``NoQueue`` when nothing matches and there is no default.
    """
    trace: list[str] = []
    for rule in rules:
        missed = next(mismatches(rule, case), None)
        if missed is None:
            return _by(rule, trace)
        trace.append(f"{rule}: {missed}")
    if default is None:
        raise NoQueue()
    trace.append(f"no rule matches, default {default}")
    return Decision(default, default.priority, None, trace)


def _by(rule: RoutingRule, trace: list[str]) -> Decision:
    priority = rule.queue.priority if rule.priority is None else rule.priority
    skills = tuple(sorted(skill.slug for skill in rule.skills.all())) if rule.pk else ()
    wanting = f", wanting {', '.join(skills)}" if skills else ""
    return Decision(
        rule.queue,
        priority,
        rule,
        [*trace, f"{rule}: matches, to {rule.queue}{wanting}"],
        skills,
        rule.allocation,
    )


def mismatches(rule: RoutingRule, case: Case) -> Iterator[str]:
    """Why ``rule`` does not match ``case``, one reason each; nothing when it does. Blank conditions always hold."""
    for name in ("channel", "inbox", "product_category", "customer_level"):
        wanted, found = getattr(rule, name), getattr(case, name)
        if wanted and wanted.casefold() != found.casefold():
            yield f"{name} is {found!r}, not {wanted!r}"
    if not case.source.startswith(rule.source_prefix):
        yield f"source {case.source!r} does not begin with {rule.source_prefix!r}"
    if not _is_about(rule.product, case):
        yield f"the product is {case.product!r} on {case.source!r}, not {rule.product!r}"
    if not speaks(rule.language, case.locale):
        yield f"locale is {case.locale!r}, not {rule.language!r}"


def _is_about(product: str, case: Case) -> bool:
    """Whether the work is about ``product``: by its number, or a page whose address holds it as one of its parts."""
    parts = SEPARATORS.split(case.source.casefold())
    return not product or product.casefold() in (case.product.casefold(), *parts)


def speaks(language: str, locale: str) -> bool:
    """Whether ``locale`` is ``language`` or a variant of it: ``zh`` covers ``zh-Hans`` and ``zh_CN``."""
    wanted, found = (code.casefold().replace("_", "-") for code in (language, locale))
    return not wanted or found == wanted or found.startswith(f"{wanted}-")
