"""Reading a mailbox by IMAP, by UID: what people or other programs mark there changes nothing for us."""

import socket
import ssl
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import date
from imaplib import IMAP4, IMAP4_SSL

import imap_tools
from imap_tools.utils import check_command_status

from apps.common.addresses import RefusedAddress, checked
from apps.inboxes.enums import MailSecurity
from apps.inboxes.models import EmailAccount

TIMEOUT_S = 30
LARGEST = 35 * 1024 * 1024  # bytes; larger ones are left on the server


class _Pinned:
    """Connects to the address that was judged; ``host`` stays what the certificate has to name."""

    def _create_socket(self, timeout: float | None) -> socket.socket:
        host, port = self.host, self.port  # type: ignore[attr-defined]
        try:
            address = checked(f"imap://{host}:{port}", host, port)[0]
        except RefusedAddress as error:
            raise PermissionError(str(error)) from error
        plain = socket.create_connection((address, port), timeout)
        context = getattr(self, "ssl_context", None)
        return context.wrap_socket(plain, server_hostname=host) if context else plain


class _Plain(_Pinned, IMAP4):
    """Unencrypted, or by STARTTLS."""


class _Encrypted(_Pinned, IMAP4_SSL):
    """Encrypted from the beginning."""


class _PlainBox(imap_tools.MailBoxUnencrypted):
    def _get_mailbox_client(self) -> IMAP4:
        return _Plain(self._host, self._port, self._timeout)


class _StartTlsBox(_PlainBox):
    def _get_mailbox_client(self) -> IMAP4:
        client = super()._get_mailbox_client()
        client.starttls(ssl.create_default_context())
        return client


class _EncryptedBox(_PlainBox):
    def _get_mailbox_client(self) -> IMAP4:
        # The context of the library would take any certificate.
        context = ssl.create_default_context()
        return _Encrypted(self._host, self._port, ssl_context=context, timeout=self._timeout)


CLASSES = {
    MailSecurity.SSL: _EncryptedBox,
    MailSecurity.STARTTLS: _StartTlsBox,
    MailSecurity.NONE: _PlainBox,
}


@dataclass(frozen=True)
class Fetched:
    """A mail on the server; ``raw`` is empty for one that is too large."""

    uid: int
    raw: bytes


class Mailbox:
    """An open folder."""

    def __init__(self, box: imap_tools.BaseMailBox, folder: str) -> None:
        self._box, self._folder = box, folder

    def uidvalidity(self) -> int:
        """The generation of UIDs: when it changes, UIDs read before mean nothing."""
        return self._box.folder.status(self._folder, ["UIDVALIDITY"])["UIDVALIDITY"]

    def uids_after(self, last_uid: int, since: date) -> list[int]:
        """UIDs beyond ``last_uid`` of mails that came on ``since`` or later, ascending."""
        criteria = f"UID {last_uid + 1}:* SINCE {since:%d-%b-%Y}"
        # A range that ends in ``*`` always holds the last mail, also when its UID is lower.
        return sorted(uid for uid in map(int, self._box.uids(criteria)) if uid > last_uid)

    def fetch(self, uid: int) -> Fetched:
        """The mail, not marked as seen."""
        if self._size(uid) > LARGEST:
            return Fetched(uid, b"")
        return Fetched(uid, self._one(uid, "(BODY.PEEK[])") or b"")

    def _size(self, uid: int) -> int:
        answer = self._box.client.uid("fetch", str(uid), "(RFC822.SIZE)")
        check_command_status(answer, imap_tools.MailboxFetchError)
        line = b" ".join(part if isinstance(part, bytes) else part[0] for part in answer[1] if part)
        digits = line.upper().partition(b"RFC822.SIZE")[2].split(b")")[0].split()
        return int(digits[0]) if digits else 0

    def _one(self, uid: int, what: str) -> bytes | None:
        answer = self._box.client.uid("fetch", str(uid), what)
        check_command_status(answer, imap_tools.MailboxFetchError)
        return next((part[1] for part in answer[1] if isinstance(part, tuple)), None)


@contextmanager
def opened(account: EmailAccount) -> Iterator[Mailbox]:
    """The folder of ``account``, open within the block. Raises ``OSError`` or ``imap_tools.ImapToolsError``."""
    box = CLASSES[MailSecurity(account.security)](account.host, account.port, timeout=TIMEOUT_S)
    try:
        box.login(account.username, account.password, initial_folder=account.folder)
        yield Mailbox(box, account.folder)
    finally:
        _hang_up(box.client)


def _hang_up(client: IMAP4) -> None:
    """Politely where the server still listens."""
    try:
        client.logout()
    except (OSError, IMAP4.error):
        with suppress(OSError):
            client.shutdown()
