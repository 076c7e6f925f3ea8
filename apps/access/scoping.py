"""Where objects lie: queues and inboxes are scopes, on which people hold object permissions.

A model lies in a scope by a foreign key named ``queue`` or ``inbox``, or is one. ``belongs_to(user)`` says whether an
object is somebody's own, ``access_scope()`` in which scope it is worked on, and ``SCOPED_BY`` by which of the scope's
permissions, where not by each. What has neither is everybody's who holds the action.
"""

from collections.abc import Callable
from typing import Any

from django.db import models
from django.db.models import Q, QuerySet
from guardian.utils import get_group_obj_perms_model, get_user_obj_perms_model

from apps.access.models import User
from apps.access.policies.filters import Part
from apps.access.policies.resources import SCOPES, Extent, Resource, Target
from apps.access.registry import base_of
from apps.common import context

Own = Q | Callable[[], Q] | None  # rows that belong to somebody; a function where to say it costs a query


def asked_for(user: User, action: str, obj: models.Model | None = None) -> tuple[str, Resource]:
    """The action and the resource that a question is about."""
    base = base_of(action)
    if obj is None:
        return base, Resource(Extent.SOMETHING if base == action else Extent.EVERYTHING)
    return base, resource_of(user, obj)


def resource_of(user: User, obj: models.Model) -> Resource:
    """``obj`` as ``user`` asks for it."""
    kind = kind_of(type(obj))
    attributes = obj.access_attributes() if hasattr(obj, "access_attributes") else {}
    return Resource(
        Extent.ONE,
        kind,
        slug_of=lambda scope: _slug_of(obj, scope),
        is_member=lambda: is_member(user, obj),
        attributes=attributes,
    )


def kind_of(model: type[models.Model]) -> str:
    """How policies call objects of ``model``."""
    return getattr(model, "ACCESS_KIND", model.__name__.lower())


def is_member(user: User, obj: models.Model) -> bool:
    """Whether ``obj`` is the user's own, or lies in a scope on which they hold a permission that counts for it."""
    belongs_to = getattr(obj, "belongs_to", None)
    if belongs_to is not None and belongs_to(user):
        return True
    if not hasattr(obj, "access_scope"):
        return belongs_to is None
    scope = obj.access_scope()
    return scope is not None and scope.pk in _memberships(
        user, type(scope), _codenames(type(obj), type(scope))
    )


def scopes_of(user: User, model: type[models.Model], *, within: Any = None) -> QuerySet:
    """The queues or inboxes on which ``user`` holds a permission, one that counts for the model ``within`` if given."""
    direct, by_group = _permissions(user, model, _codenames(within or model, model))
    return model._default_manager.filter(Q(pk__in=direct) | Q(pk__in=by_group))


def _memberships(user: User, scope: type[models.Model], codenames: tuple[str, ...]) -> frozenset[int]:
    """The keys of those scopes; one query a request or frame."""
    memo = context.current().memo
    key = ("access.scopes", user.pk, scope, codenames)
    if memo is None or key not in memo:
        direct, by_group = _permissions(user, scope, codenames)
        found = frozenset(direct.union(by_group))
        if memo is None:
            return found
        memo[key] = found
    return memo[key]


def _permissions(
    user: User, scope: type[models.Model], codenames: tuple[str, ...]
) -> tuple[QuerySet, QuerySet]:
    """The keys of the scopes on which ``user``, or a group of theirs, holds one of the permissions."""
    wanted = {
        "permission__codename__in": codenames,
        "permission__content_type__app_label": scope._meta.app_label,
    }
    to_users: Any = get_user_obj_perms_model(scope)  # type: ignore[arg-type]
    to_groups: Any = get_group_obj_perms_model(scope)  # type: ignore[arg-type]
    direct = to_users.objects.filter(user=user, **wanted)
    by_group = to_groups.objects.filter(group__user=user, **wanted)
    return direct.values_list("content_object_id", flat=True), by_group.values_list(
        "content_object_id", flat=True
    )


def _codenames(model: Any, scope: Any) -> tuple[str, ...]:
    """The permissions of the scope that count for objects of ``model``."""
    return tuple(getattr(model, "SCOPED_BY", None) or scope.SCOPE_PERMISSIONS)


def _slug_of(obj: models.Model, scope: str) -> str | None:
    """The slug of the queue or inbox in which ``obj`` lies."""
    if obj._meta.model_name == scope:
        return str(obj.slug)  # type: ignore[attr-defined]
    if scope not in _links(type(obj)):
        return None
    found = getattr(obj, scope)
    return str(found.slug) if found is not None else None


def _links(model: type[models.Model]) -> dict[str, type[models.Model]]:
    """The scopes in which rows of ``model`` lie, by the names of its foreign keys."""
    fields = {field.name: field for field in model._meta.concrete_fields if field.name in SCOPES}
    return {name: field.related_model for name, field in fields.items() if field.related_model}


def covered(user: User, model: type[models.Model], own: Own, target: Target) -> Part:
    """The rows of ``model`` that ``target`` covers, as ``Target.covers`` answers for each."""
    if target.kind == "*" or (target.kind == kind_of(model) and target.kind not in SCOPES):
        return True
    if target.kind == "member":
        return _member_rows(user, model, own)
    if model._meta.model_name == target.kind:
        return Q(slug__iregex=_anchored(target.slug))
    link = _links(model).get(target.kind)
    if link is None:
        return False
    return Q(
        **{
            f"{target.kind}__in": link._default_manager.filter(slug__iregex=_anchored(target.slug)).values(
                "pk"
            )
        }
    )


def _anchored(slug: str) -> str:
    """A pattern of slugs as PostgreSQL reads it: letters, digits, ``-`` and ``_`` stand for themselves."""
    return "^" + slug.replace("*", ".*").replace("?", ".") + "$"


def _member_rows(user: User, model: type[models.Model], own: Own) -> Part:
    scope = _scope_model(model)
    own = own() if callable(own) else own
    if scope is None:
        return own if own is not None else True
    name, related = scope
    inside = Q(**{f"{name}__in": scopes_of(user, related, within=model).values("pk")})
    return inside if own is None else own | inside


def _scope_model(model: type[models.Model]) -> tuple[str, type[models.Model]] | None:
    """By which link, and to what, ``access_scope`` of the model leads."""
    if not hasattr(model, "access_scope"):
        return None
    if model._meta.model_name in SCOPES:
        return "pk", model
    return next(iter(sorted(_links(model).items(), reverse=True)), None)
