"""What the fields of a form choose from."""

from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _

from apps.common.errors import Invalid
from apps.routing.models import Queue


def chosen_queue(key: str) -> Queue:
    """The queue that a form names. Raises ``Invalid`` where that is no key, ``Http404`` where there is none such."""
    if not key.isdecimal():
        said = _("Choose a queue.")
        raise Invalid(said, fields={"queue": [said]})
    return get_object_or_404(Queue.objects.order_by("name"), pk=key)
