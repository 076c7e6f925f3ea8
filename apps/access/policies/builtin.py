"""Brings the system policies in line with their files. A file that says something else than before is a new version."""

from typing import Any

from django.db import transaction
from django.utils import timezone

from apps.access import principals
from apps.access.actors import SYSTEM
from apps.access.events import AccessChanged
from apps.access.models import Policy
from apps.access.permissions import AccessAction
from apps.access.policies.document import VERSION, parse
from apps.access.policies.files import SystemFile, system_files
from apps.access.registry import default_actions
from apps.common.events import publish


@transaction.atomic
def sync_system_policies() -> None:
    """After every migrate; two queries when nothing has changed.

    A policy of the shop's own that has the slug of a new file keeps it. What lost its file becomes the shop's own.
    """
    files = system_files()
    stored = {policy.slug: policy for policy in Policy.objects.filter(slug__in=files).order_by("pk")}
    _add([row for slug, row in files.items() if slug not in stored])
    for policy in stored.values():
        if policy.is_system:
            _renew(policy, files[policy.slug])
    Policy.objects.filter(is_system=True).exclude(slug__in=files).update(is_system=False)


def document_of(row: SystemFile) -> dict[str, Any]:
    """What a file says. Raises ``Malformed`` for one that is no policy."""
    if row.role:
        statements = principals.inline(tuple(default_actions(row.role)))
        return {"Version": VERSION, "Statement": [one.source for one in statements]}
    parse(row.document)
    return row.document or {}


def _add(files: list[SystemFile]) -> None:
    for row in files:
        policy = Policy(slug=row.slug, name=row.name, description=row.description, document=document_of(row))
        policy.is_system = True
        policy.save()
        _keep_version(policy)


def _renew(policy: Policy, row: SystemFile) -> None:
    document = document_of(row)
    says_else = document != policy.document
    if not says_else and (policy.name, policy.description) == (row.name, row.description):
        return
    policy.name, policy.description, policy.document = row.name, row.description, document
    policy.version += says_else
    policy.save()
    if says_else:
        _keep_version(policy)
        data = {"changed": ["document"], "version": policy.version, "document": document}
        publish(AccessChanged(AccessAction.MANAGE_POLICIES, SYSTEM, policy, data))


def _keep_version(policy: Policy) -> None:
    policy.versions.create(number=policy.version, document=policy.document, at=timezone.now())
