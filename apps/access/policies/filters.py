"""What a policy set allows, as a condition of a query: a list shows exactly what each object would answer."""

from collections.abc import Callable, Iterable, Iterator
from functools import reduce
from operator import and_

from django.db.models import Q

from apps.access.policies.conditions import Values, holding
from apps.access.policies.decisions import Bundle, PolicySet
from apps.access.policies.document import Statement
from apps.access.policies.resources import Target

Part = Q | bool  # a condition, or always, or never
Covered = Callable[[Target], Part]  # the rows that a target covers


def rows_of(policies: PolicySet, action: str, covered: Covered, known: Values) -> Part:
    """The rows on which ``action`` may be done."""
    return policies.is_in_limits(action) and allowed(policies.about(action), action, covered, known)


def allowed(bundles: Iterable[Bundle], action: str, covered: Covered, known: Values) -> Part:
    """The rows that the statements, all about ``action``, allow and none of them denies."""
    bundles = list(bundles)
    granted = any_of(_granted(bundles, action, covered, known))
    denied = any_of(
        covered(target) for bundle in bundles for target in _targets(bundle.statements, known, denies=True)
    )
    return both(granted, inverse(denied))


def _granted(bundles: Iterable[Bundle], action: str, covered: Covered, known: Values) -> Iterator[Part]:
    """What each target of each bundle adds; what reaches everything first, for then nothing else is looked up."""
    pairs = [
        (bundle, target) for bundle in bundles for target in _targets(bundle.statements, known, denies=False)
    ]
    for bundle, target in sorted(
        pairs, key=lambda pair: (pair[1].kind != "*", pair[0].narrowed_by is not None)
    ):
        if bundle.narrowed_by is None:
            yield covered(target)
        else:
            narrow = Bundle("", tuple(one for one in bundle.narrowed_by if one.names(action)))
            yield both(covered(target), allowed([narrow], action, covered, known))


def _targets(statements: Iterable[Statement], known: Values, *, denies: bool) -> Iterator[Target]:
    """What the allowing, or the denying, statements speak of while their conditions hold."""
    for statement in statements:
        if statement.denies is denies and holding(statement.conditions, known, denies=denies) is not None:
            yield from statement.targets


def any_of(parts: Iterable[Part]) -> Part:
    """Rows of at least one of ``parts``; those after one that is everything are not asked."""
    found: Part = False
    for part in parts:
        if part is True:
            return True
        if isinstance(part, Q):
            found = found | part if isinstance(found, Q) else part
    return found


def both(first: Part, second: Part) -> Part:
    """Rows of one and the other."""
    if first is False or second is False:
        return False
    conditions = [part for part in (first, second) if isinstance(part, Q)]
    return reduce(and_, conditions) if conditions else True


def inverse(part: Part) -> Part:
    """All other rows."""
    return ~part if isinstance(part, Q) else not part
