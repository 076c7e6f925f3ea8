from django.db.models import QuerySet
from django.utils.translation import gettext as _

from apps.access.models import User
from apps.common.errors import NotFound
from apps.inboxes.models import USE_INBOX, Inbox, InboxUserObjectPermission


def active_inbox(slug: str) -> Inbox:
    """The inbox that takes new chats under ``slug``. Raises ``NotFound``."""
    inbox = Inbox.objects.active().filter(slug=slug).first()
    if inbox is None:
        raise NotFound(_("There is no such inbox."))
    return inbox


def inbox_members(inbox: Inbox) -> QuerySet[User]:
    """The users who were given the right to use ``inbox`` itself."""
    grants = InboxUserObjectPermission.objects.filter(content_object=inbox, permission__codename=USE_INBOX)
    return User.objects.filter(pk__in=grants.values("user_id"))
