"""Small pieces of markup that the pages of tickets repeat."""

from django.template import Library

from apps.tickets import links
from apps.tickets.models import TicketAttachment

register = Library()


@register.filter
def file_path(attachment: TicketAttachment) -> str:
    """Where the file can be fetched within the next hour."""
    return links.file_path(attachment.public_id)
