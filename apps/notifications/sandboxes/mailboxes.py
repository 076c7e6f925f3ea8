"""Mailboxes in memory, one for each address, as an IMAP server shows them.

``support+anything@desk.example`` is kept with ``support@desk.example``; ``Delivered-To`` tells them apart.
"""

import email
import time
from email.message import Message
from io import BytesIO
from itertools import count
from typing import Any

from twisted.mail import imap4
from zope.interface import implementer

KEPT = 2_000  # mails in one mailbox


def owner_of(address: str) -> str:
    """The mailbox of an address: lower case, without what follows a plus."""
    local, _, domain = address.lower().rpartition("@")
    return f"{local.partition('+')[0]}@{domain}"


@implementer(imap4.IMessagePart, imap4.IMessage, imap4.IMessageFile)
class Mail:
    """One mail or a part of one; only the whole has a UID, flags and raw bytes."""

    def __init__(self, message: Message, raw: bytes, uid: int = 0, at: float = 0.0) -> None:
        self.message, self.raw, self.uid, self.at = message, raw, uid, at
        self.flags: set[str] = set()

    def getUID(self) -> int:
        return self.uid

    def getFlags(self) -> list[str]:
        return sorted(self.flags)

    def getInternalDate(self) -> str:
        return time.strftime("%d-%b-%Y %H:%M:%S +0000", time.gmtime(self.at))

    def getHeaders(self, negate: bool, *names: Any) -> dict[str, str]:
        asked = {name.decode().lower() if isinstance(name, bytes) else name.lower() for name in names}
        return {
            name.lower(): str(value)
            for name, value in self.message.items()
            if (name.lower() in asked) != bool(negate)
        }

    def open(self) -> BytesIO:
        return BytesIO(self.raw)

    def getBodyFile(self) -> BytesIO:
        return BytesIO(self.raw.partition(b"\r\n\r\n")[2])

    def getSize(self) -> int:
        return len(self.raw)

    def isMultipart(self) -> bool:
        return self.message.is_multipart()

    def getSubPart(self, part: int) -> "Mail":
        child = self.message.get_payload(part)
        assert isinstance(child, Message)  # noqa: S101
        return Mail(child, child.as_bytes())


@implementer(imap4.IMailbox, imap4.ICloseableMailbox)
class Mailbox:
    """The mails of one address, oldest first. UIDs only grow."""

    def __init__(self) -> None:
        self.mails: list[Mail] = []
        self.validity = int(time.time())
        self._uids = count(1)
        self._next = 1
        self._listeners: list[Any] = []

    def deliver(self, raw: bytes) -> None:
        """Keep a mail and tell whoever waits with IDLE."""
        self._next = next(self._uids) + 1
        self.mails.append(Mail(email.message_from_bytes(raw), raw, self._next - 1, time.time()))
        del self.mails[:-KEPT]
        for listener in self._listeners:
            listener.newMessages(len(self.mails), None)

    def getUIDValidity(self) -> int:
        return self.validity

    def getUIDNext(self) -> int:
        return self._next

    def getUID(self, message: int) -> int:
        return self.mails[message - 1].uid

    def getMessageCount(self) -> int:
        return len(self.mails)

    def getRecentCount(self) -> int:
        return 0

    def getUnseenCount(self) -> int:
        return sum("\\Seen" not in mail.flags for mail in self.mails)

    def getFlags(self) -> list[str]:
        return ["\\Seen", "\\Answered", "\\Flagged", "\\Deleted", "\\Draft"]

    def getHierarchicalDelimiter(self) -> str:
        return "/"

    def isWriteable(self) -> bool:
        return True

    def destroy(self) -> None:
        self.mails.clear()

    def close(self) -> None:
        """Nothing is held open."""

    def requestStatus(self, names: list[str]) -> dict[str, Any]:
        return imap4.statusRequestHelper(self, names)

    def addListener(self, listener: Any) -> None:
        self._listeners.append(listener)

    def removeListener(self, listener: Any) -> None:
        self._listeners.remove(listener)

    def addMessage(self, message: Any, flags: Any = (), date: Any = None) -> int:
        raw = message.read() if hasattr(message, "read") else message
        self.deliver(raw if isinstance(raw, bytes) else raw.encode())
        return self._next - 1

    def expunge(self) -> list[int]:
        gone = [number for number, mail in enumerate(self.mails, start=1) if "\\Deleted" in mail.flags]
        self.mails = [mail for mail in self.mails if "\\Deleted" not in mail.flags]
        return gone

    def fetch(self, messages: Any, uid: bool) -> list[tuple[int, Mail]]:
        return self._numbered(messages, uid)

    def store(self, messages: Any, flags: list[str], mode: int, uid: bool) -> dict[int, list[str]]:
        chosen = self._numbered(messages, uid)
        for _, mail in chosen:
            kept = set() if mode == 0 else mail.flags - set(flags)
            mail.flags = kept if mode < 0 else kept | set(flags)
        return {number: mail.getFlags() for number, mail in chosen}

    def _numbered(self, messages: Any, uid: bool) -> list[tuple[int, Mail]]:
        if messages.last is messages._empty:  # what ``*`` stands for can be said once
            messages.last = self._next - 1 if uid else len(self.mails)
        return [
            (number, mail)
            for number, mail in enumerate(self.mails, start=1)
            if (mail.uid if uid else number) in messages
        ]


class Account(imap4.MemoryAccount):
    """What one address sees: its INBOX."""

    def __init__(self, address: str, mailbox: Mailbox) -> None:
        super().__init__(address)
        self.addMailbox("INBOX", mailbox)

    def _emptyMailbox(self, name: str, id: int) -> Mailbox:
        return Mailbox()


class Post:
    """All mailboxes; one comes into being with its first mail or log-in."""

    def __init__(self) -> None:
        self._accounts: dict[str, Account] = {}
        self._mailboxes: dict[str, Mailbox] = {}

    def mailbox(self, address: str) -> Mailbox:
        return self._mailboxes.setdefault(owner_of(address), Mailbox())

    def account(self, address: str) -> Account:
        owner = owner_of(address)
        if owner not in self._accounts:
            self._accounts[owner] = Account(owner, self.mailbox(owner))
        return self._accounts[owner]

    def deliver(self, sender: str, recipient: str, raw: bytes) -> None:
        envelope = f"Return-Path: <{sender}>\r\nDelivered-To: {recipient}\r\n".encode()
        self.mailbox(recipient).deliver(envelope + raw)
