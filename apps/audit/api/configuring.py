"""What managers set, through the API: the same services, checks and audit as on the pages of the admin.

Of two changes at the same time the later one stands: rows of the configuration carry no version.
"""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, ClassVar, cast

from django.core.exceptions import NON_FIELD_ERRORS, ValidationError
from django.db import IntegrityError, models, transaction
from django.http import Http404
from django.utils.translation import gettext_lazy as _
from rest_framework import viewsets
from rest_framework.permissions import SAFE_METHODS
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.settings import api_settings
from rest_framework.status import HTTP_201_CREATED, HTTP_204_NO_CONTENT

from apps.access import services as access
from apps.access.idempotency import IdempotentCreates
from apps.access.models import User
from apps.audit import services as audit
from apps.common.api.fields import as_key
from apps.common.api.pagination import KeysetPagination
from apps.common.errors import DomainError, Invalid

KEY_PATTERN = r"[0-9]{1,18}"
SLUG_PATTERN = r"[-a-zA-Z0-9_]{1,80}"  # a key, or a slug


class InUse(DomainError):
    """Something else needs the row, so that it cannot be removed; ``used_by`` counts by kind."""

    code = "in_use"
    status = 409


class Conflict(DomainError):
    """Somebody else stored the same thing in this moment."""

    code = "conflict"
    status = 409
    retryable = True
    default_detail = _("Somebody else has just stored the same. Look at it and try again.")


class ConfigurationPagination(KeysetPagination):
    """Oldest first, so that a list does not move under the reader."""

    ordering = "pk"


class ConfigurationViewSet(IdempotentCreates, viewsets.ModelViewSet):
    """Base of resources that managers set: list, read, POST, PATCH (no PUT) and DELETE.

    A subclass names ``queryset``, ``serializer_class``, ``read_action`` and ``manage_action``, and hands what it stores
    to the app's services in ``save_row`` and ``delete_row``. ``children`` are lists inside the body (a calendar's
    ``hours``) that are replaced as a whole. With ``slug_field`` a row is found by its key or else its slug;
    set ``lookup_value_regex = SLUG_PATTERN`` beside it.
    """

    read_action: ClassVar[str] = ""  # empty where ``visible_to`` of the rows says enough
    manage_action: ClassVar[str]
    create_action: ClassVar[str] = ""  # where adding is an action of its own
    input_class: ClassVar[Any] = None  # where a body is not written as it is read
    slug_field: ClassVar[str] = ""
    children: ClassVar[tuple[str, ...]] = ()
    http_method_names = ["get", "post", "patch", "delete", "head", "options"]
    pagination_class: type[KeysetPagination] = ConfigurationPagination
    lookup_value_regex = KEY_PATTERN

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """A refusal comes before anything is said about the body."""
        super().initial(request, *args, **kwargs)
        needed = self.action_needed()
        if needed:
            access.require(self.person, needed)

    def action_needed(self) -> str:
        """The access action that this call takes."""
        if self.request.method in SAFE_METHODS:
            return self.read_action
        if self.action == "create" and self.create_action:
            return self.create_action
        return self.manage_action

    @property
    def person(self) -> User:
        """Who calls."""
        return cast(User, self.request.user)

    def get_queryset(self):
        rows = super().get_queryset()
        visible_to = getattr(rows, "visible_to", None)
        return visible_to(self.person) if visible_to else rows

    def get_object(self):
        return self._one(self.filter_queryset(self.get_queryset()))

    def create(self, request, *args, **kwargs):
        """Add one."""
        with transaction.atomic(), refusals():
            row = self.store(self.get_queryset().model(), self.read_body())
        return Response(self.shown(row), status=HTTP_201_CREATED)

    def partial_update(self, request, *args, **kwargs):
        """Change the fields that the body names; the others stay."""
        with transaction.atomic(), refusals():
            row = self.locked_object()
            row = self.store(row, self.read_body(row))
        return Response(self.shown(row))

    def destroy(self, request, *args, **kwargs):
        """Remove it: 409 `in_use` while something refers to it."""
        with transaction.atomic(), refusals():
            self.delete_row(self.locked_object())
        return Response(status=HTTP_204_NO_CONTENT)

    def locked_object(self) -> Any:
        """The row to change, until the end of the transaction. Raises ``AccessDenied`` where it may only be read."""
        row = self._one(self.get_queryset().select_for_update(of=("self",)))
        access.require(self.person, self.manage_action, row)
        return row

    def _one(self, rows: models.QuerySet) -> Any:
        text = self.kwargs[self.lookup_url_kwarg or self.lookup_field]
        for name in filter(None, (self.lookup_field, self.slug_field)):
            key = as_key(text) if name == "pk" else text
            row = None if key is None else rows.filter(**{name: key}).first()
            if row is not None:
                return row
        raise Http404

    def read_body(self, row: models.Model | None = None) -> dict[str, Any]:
        """What the body says, checked by the serializer; for ``row`` only what it names."""
        kind, context = self.input_class or self.get_serializer_class(), self.get_serializer_context()
        body = kind(row, data=self.request.data, partial=row is not None, context=context)
        body.is_valid(raise_exception=True)
        return body.validated_data

    def shown(self, row: Any) -> dict[str, Any]:
        """The row as a read would show it now."""
        fresh = super().get_queryset().get(pk=row.pk)
        return self.get_serializer(fresh).data

    def store(self, row: Any, body: dict[str, Any]) -> Any:
        """Write ``body`` to ``row``, its lists included. Called in the transaction of the call, the row locked."""
        lists = {name: body.pop(name) for name in self.children if name in body}
        many = {field.name for field in row._meta.many_to_many}
        related = {name: body.pop(name) for name in many & body.keys()}
        if _assign(row, body) or row.pk is None or lists or related:
            row.full_clean()
            row = self.save_row(row, changed=sorted(lists), related=related) or row
        for name, items in lists.items():
            self.replace(row, name, items)
        return row

    def save_row(self, row: Any, *, changed: list[str], related: dict[str, Any]) -> Any:
        """Store a valid row (or one of its list); the app's service, where it has one."""
        access.require(self.person, self.manage_action, row if row.pk else None)
        audit.save_recorded(
            row, actor=self.person, action=self.manage_action, changed=changed, related=related
        )

    def delete_row(self, row: Any) -> None:
        """Remove a row; the app's service, where it has one."""
        access.require(self.person, self.manage_action, row)
        audit.record(actor=self.person, action=self.manage_action, target=row, deleted=str(row))
        row.delete()

    def replace(self, row: models.Model, name: str, items: list[dict[str, Any]]) -> None:
        """Make ``items`` the rows of the list ``name``: equal ones stay, others go before new ones come."""
        manager = getattr(row, name)
        wanted = [manager.model(**{manager.field.name: row}, **item) for item in items]
        there = {_content(child, manager.field): child for child in manager.all()}
        for content in there.keys() - {_content(child, manager.field) for child in wanted}:
            self.delete_row(there.pop(content))
        answers = [self._add(child, there.pop(_content(child, manager.field), None)) for child in wanted]
        problems = {place: answer for place, answer in enumerate(answers) if answer}
        if problems:
            raise Invalid(_("Some fields are not valid."), fields={name: problems})

    def _add(self, child: models.Model, equal: models.Model | None) -> dict[str, Any]:
        """Store a row of a list unless an ``equal`` one is there; what is wrong with it."""
        if equal is not None:
            return {}
        try:
            child.full_clean()
        except ValidationError as error:
            return fields_of(error)
        self.save_row(child, changed=[], related={})
        return {}


@contextmanager
def refusals() -> Iterator[None]:
    """Turns what models and database refuse within the block into problems, and takes the block back."""
    try:
        with transaction.atomic():
            yield
    except ValidationError as error:
        raise Invalid(_("Some fields are not valid."), fields=fields_of(error)) from error
    except (models.ProtectedError, models.RestrictedError) as error:
        raise _in_use(error) from error
    except IntegrityError as error:
        raise Conflict() from error


def fields_of(error: ValidationError) -> dict[str, list[str]]:
    """Complaints of a model by field; those about the row as a whole as the framework names them."""
    found = error.message_dict if hasattr(error, "error_dict") else {NON_FIELD_ERRORS: error.messages}
    return {
        api_settings.NON_FIELD_ERRORS_KEY if name == NON_FIELD_ERRORS else name: lines
        for name, lines in found.items()
    }


def _in_use(error: models.ProtectedError | models.RestrictedError) -> InUse:
    rows = getattr(error, "protected_objects", None) or error.restricted_objects  # type: ignore[union-attr]
    kinds = Counter(type(row) for row in rows)
    what = ", ".join(f"{kind._meta.verbose_name_plural} ({count})" for kind, count in kinds.items())
    used_by = {kind._meta.label_lower: count for kind, count in kinds.items()}
    return InUse(_("It is still in use: %(what)s.") % {"what": what}, used_by=used_by)


def _assign(row: models.Model, body: dict[str, Any]) -> bool:
    """Set the fields of ``row``; whether any was different."""
    differs = [name for name, value in body.items() if getattr(row, name, None) != value]
    for name in differs:
        setattr(row, name, body[name])
    return bool(differs)


def _content(child: models.Model, link: models.Field) -> tuple[Any, ...]:
    """What a row of a list says, besides whose it is."""
    fields = [field for field in child._meta.concrete_fields if not field.primary_key and field != link]
    return tuple(getattr(child, field.attname) for field in fields)
