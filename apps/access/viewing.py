"""Who looks at an answer, and what they see of personal data.

One question for every representation: ``sees_masked``. Templates, serializers and frames ask it through here; what they
forget, ``MaskingMiddleware`` finds by its looks.
"""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _lazy

from apps.access import masking
from apps.access import services as access
from apps.access.masked_pages import mark
from apps.access.models import Reveal, User
from apps.common import context
from apps.common.errors import AccessDenied

SEE_PERSONAL_DATA = "customers:SeePersonalData"
REQUEST, MASKED, KEPT, IN_FORCE = "viewing.request", "viewing.masked", "viewing.kept", "viewing.in_force"


def sees_masked(user: Any) -> bool:
    """Whether personal data is masked for ``user``: for a partner's people always, for others without the action."""
    if getattr(user, "actor_kind", "") != "user":
        return False
    return user.vendor_id is not None or not access.can(user, SEE_PERSONAL_DATA)


class NoExport(AccessDenied):
    """Whoever sees personal data masked takes no file of it away."""

    code = "no_export"
    default_detail = _lazy("Partners' people, and whoever sees personal data masked, cannot export.")


def require_export(actor: Any) -> None:
    """Raise ``NoExport`` for those who see masks; beside the right to the export itself."""
    if sees_masked(actor):
        raise NoExport()


def _memo() -> dict[Any, Any]:
    memo = context.current().memo
    return {} if memo is None else memo


def viewer() -> Any:
    """For whom the answer of the request in progress is made; None outside of one."""
    return getattr(_memo().get(REQUEST), "user", None)  # programs are known only once the API has looked


def is_masked() -> bool:
    """Whether the answer in progress is for somebody who sees masks."""
    user, memo = viewer(), _memo()
    key = (MASKED, getattr(user, "pk", None))
    if key not in memo:
        memo[key] = sees_masked(user)
    return memo[key]


def kept() -> set[str]:
    """What is shown whole in this answer, because it was uncovered or is the desk's own."""
    return _memo().setdefault(KEPT, set())


class Personal(models.TextChoices):
    """What a field holds; the names are those of ``masking.MASKS``."""

    NAME = "name"
    EMAIL = "email"
    PHONE = "phone"
    ADDRESS = "address"
    TEXT = "text"
    FILE = "file"


class Source:
    """A model with personal fields: how each is masked, how its rows are named and found, and whose they are.

    ``value`` is what somebody sees of a field once it is uncovered.
    """

    def __init__(
        self,
        model: type[models.Model],
        fields: dict[str, Personal],
        *,
        key: Callable[[Any], str],
        find: Callable[[User, str], models.Model | None],
        whose: Callable[[Any], int | None],
        value: Callable[[Any, str, Any], Any] = lambda obj, field, _user: getattr(obj, field),
    ) -> None:
        self.label, self.fields, self.key, self.find = model._meta.label_lower, fields, key, find
        self.whose, self.value = whose, value


sources: dict[str, Source] = {}


def register(source: Source) -> None:
    """Make the fields of a model known, to be uncovered one by one."""
    sources[source.label] = source


def shown(obj: models.Model, field: str) -> Any:
    """The field's value as the viewer may see it."""
    value = getattr(obj, field)
    if not value or not is_masked():
        return value
    if until(*place_of(obj, field)):
        value = sources[obj._meta.label_lower].value(obj, field, viewer())
        keep(value)
        return value
    return masking.MASKS[sources[obj._meta.label_lower].fields[field]](value)


def place_of(obj: models.Model, field: str) -> tuple[str, str, str]:
    """How a field of a row is called: the model's label, the row's key, and the field."""
    source = sources[obj._meta.label_lower]
    return source.label, source.key(obj), field


def said(text: Any) -> Any:
    """``text`` for a page, where people have written it: the viewer sees no part of a customer's name in it."""
    return mark(text) if isinstance(text, str) and text and is_masked() else text


def in_lines(value: Any) -> str:
    """An address as people write it; any other value as it is."""
    if not isinstance(value, dict):
        return str(value or "")
    parts = (value.get(name) for name in ("name", "line", "city", "region", "province", "country"))
    return ", ".join(dict.fromkeys(str(part) for part in parts if part))


def covered(obj: models.Model, field: str) -> Any:
    """What the field looks like masked; None where the viewer sees it whole anyway, or masking changes nothing."""
    value = getattr(obj, field)
    if not value or not is_masked():
        return None
    under = masking.MASKS[sources[obj._meta.label_lower].fields[field]](value)
    return None if under == value else under


def without_echoes(row: models.Model, values: dict[str, Any], *, actor: Any) -> dict[str, Any]:
    """``values`` to be stored in ``row``, but not the masks that ``actor`` was shown and sent back."""
    if not sees_masked(actor):
        return values
    fields = sources[row._meta.label_lower].fields
    masks = {name: masking.MASKS[kind](getattr(row, name)) for name, kind in fields.items() if name in values}
    return {name: value for name, value in values.items() if name not in masks or value != masks[name]}


def keep(value: Any) -> None:
    """Let ``value`` stand in this answer as it is."""
    parts = [*value.values(), in_lines(value)] if isinstance(value, dict) else [value]
    for part in map(str, parts):
        kept().update({part, *masking.found_in(part)})


def until(label: str, key: str, field: str) -> datetime | None:
    """How long the viewer sees the field whole; None for a masked one. One query for all of an answer."""
    return _in_force().get((label, key, field))


def _in_force() -> dict[tuple[str, str, str], datetime]:
    memo, user = _memo(), viewer()
    if IN_FORCE not in memo:
        rows = Reveal.objects.filter(user=user, until__gt=timezone.now()) if isinstance(user, User) else []
        memo[IN_FORCE] = {(row.target_type, row.target_id, row.field): row.until for row in rows}
    return memo[IN_FORCE]


def impersonal(view: Any) -> Any:
    """Decorator: the view shows what the desk itself has written, such as its own addresses in an answer."""
    view.shows_no_personal_data = True
    return view


def is_impersonal(request: Any) -> bool:
    """Whether the view that answered ``request`` is ``impersonal``."""
    match = getattr(request, "resolver_match", None)
    view = match.func if match else None
    return any(getattr(one, "shows_no_personal_data", False) for one in (view, getattr(view, "cls", None)))
