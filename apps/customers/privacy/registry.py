"""What each app holds about a customer. Apps register it in their ``privacy.py``, which is loaded at start.

A kind of data is a set of rows that belong together and share a fate: a chat with its messages, say. Its ``owner`` is
the row by which it belongs to somebody and by which its age counts; ``rows`` say what is personal in it.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db.models import Model, Q, QuerySet

from apps.customers.models import Customer

Traces = dict[str, list[str]]


@dataclass(frozen=True)
class Subject:
    """Somebody, and by what else their data are found: ``traces`` maps a name such as ``order_no`` to values."""

    customer_id: int
    traces: Mapping[str, list[str]] = field(default_factory=dict)

    def trace(self, name: str) -> list[str]:
        return list(self.traces.get(name, ()))


@dataclass(frozen=True)
class Rows:
    """Rows of one table that a kind of data consists of, and what is personal in them.

    ``blank``: the personal fields and what they become: a value, an expression, or a function of the moment. ``gone``
    instead: the row is deleted, these fields of it were personal. ``told``: what else stands in a copy for the
    customer; ``secret``: what does not, though personal. ``also``: what else changes then. ``under``: the way from the
    row to its owner. ``file``: the field of an uploaded file, whose content goes too.
    """

    model: type[Model]
    blank: Mapping[str, Any] = field(default_factory=dict)
    gone: tuple[str, ...] = ()
    told: tuple[str, ...] = ()
    secret: tuple[str, ...] = ()
    also: Mapping[str, Any] = field(default_factory=dict)
    under: str = ""
    file: str = ""

    @property
    def personal(self) -> frozenset[str]:
        return frozenset(self.blank) | frozenset(self.gone)

    @property
    def exported(self) -> tuple[str, ...]:
        """Fields of a record in a copy, without the uploaded file."""
        shown = [name for name in (*self.told, *self.blank, *self.gone) if name not in self.secret]
        return tuple(name for name in dict.fromkeys(shown) if name != self.file)

    @property
    def label(self) -> str:
        return self.model._meta.label


def of_customer(subject: Subject) -> Q:
    """Owners that name their customer."""
    return Q(customer=subject.customer_id)


def always(_subject: Subject) -> bool:
    return True


def nothing_above(_owners: QuerySet) -> None:
    """Nothing is locked before these rows."""


def nothing_more(_owners: Sequence[int]) -> None:
    """Nothing else was made of the words of these rows."""


@dataclass(frozen=True)
class DataKind:
    """Data that share a fate.

    ``belongs``: which owners are somebody's. ``age``: the owner's instant from which its days of keeping count, with
    ``ripe`` for those that may go by age at all; without it the kind is never purged. ``keep_days``: what managers are
    offered. ``first``: erased at once, in the transaction that begins an erasure. ``ready``: an erasure waits for it.
    ``above``: locks what others lock before the owners, which it is given as a query. ``after``: makes anew, for the
    keys of owners just stripped, what stands elsewhere and was made of their words.
    """

    slug: str
    name: Any
    owner: type[Model]
    rows: tuple[Rows, ...]
    belongs: Callable[[Subject], Q] = of_customer
    age: str = ""
    ripe: Q = field(default_factory=Q)
    keep_days: int | None = None
    first: bool = False
    ready: Callable[[Subject], bool] = always
    above: Callable[[QuerySet], None] = nothing_above
    after: Callable[[Sequence[int]], None] = nothing_more

    def owners_of(self, subject: Subject) -> Any:
        return self.owner._base_manager.filter(self.belongs(subject))


@dataclass(frozen=True)
class Blocker:
    """Why a customer cannot be erased now; ``code`` is stable."""

    code: str
    detail: str


_kinds: dict[str, DataKind] = {}
_tracers: list[Callable[[Customer], Traces]] = []
_blockers: list[Callable[[Customer], Blocker | None]] = []


def register(*kinds: DataKind) -> None:
    """Make kinds of data known; each once."""
    for kind in kinds:
        if kind.slug in _kinds:
            raise ValueError(f"{kind.slug} is registered twice.")
        _kinds[kind.slug] = kind


def tracer(function: Callable[[Customer], Traces]) -> Callable[[Customer], Traces]:
    """Decorator: by what else somebody's data are found."""
    _tracers.append(function)
    return function


def blocker(function: Callable[[Customer], Blocker | None]) -> Callable[[Customer], Blocker | None]:
    """Decorator: what must be over before somebody can be erased."""
    _blockers.append(function)
    return function


def kinds() -> tuple[DataKind, ...]:
    """All kinds, those of the upper apps first: what is found through others goes before them."""
    return tuple(reversed(_kinds.values()))


def kind_of(slug: str) -> DataKind | None:
    return _kinds.get(slug)


def purgeable() -> tuple[DataKind, ...]:
    """Kinds that may go by age, in the order of the apps."""
    return tuple(kind for kind in _kinds.values() if kind.age)


def subject_of(customer: Customer) -> Subject:
    """``customer`` with all traces, as they are now; each value once."""
    found: dict[str, dict[str, None]] = {}
    for trace in _tracers:
        for name, values in trace(customer).items():
            found.setdefault(name, {}).update(dict.fromkeys(_given(values)))
    return Subject(customer.pk, {name: list(values) for name, values in found.items()})


def _given(values: Iterable[str]) -> list[str]:
    return [value for value in values if value]


def blockers_of(customer: Customer) -> list[Blocker]:
    """Everything that stands against erasing ``customer`` now."""
    return [found for ask in _blockers if (found := ask(customer)) is not None]
