"""Every write of the inboxes and of the mail that comes into them."""

from apps.inboxes.services.accounts import ACCOUNT_FIELDS, save_account
from apps.inboxes.services.inboxes import (
    WRITABLE,
    create_inbox,
    rotate_identity_secret,
    set_inbox_members,
    update_inbox,
)
from apps.inboxes.services.receiving import fetch_account, fetch_all, process_due, replay_mail, store_mail

__all__ = [
    "ACCOUNT_FIELDS",
    "WRITABLE",
    "create_inbox",
    "fetch_account",
    "fetch_all",
    "process_due",
    "replay_mail",
    "rotate_identity_secret",
    "save_account",
    "set_inbox_members",
    "store_mail",
    "update_inbox",
]
