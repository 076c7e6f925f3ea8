"""The mailbox stand-in as a real process for tests, and ways to look into it."""

import os
import re
import smtplib
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from email.message import EmailMessage
from uuid import uuid4

import imap_tools

from apps.common.standins import ROOT

PASSWORD = "mailbox-password"
MODULE = [sys.executable, "-m", "apps.notifications.sandboxes.mailbox"]
SERVING = re.compile(r"smtp://127\.0\.0\.1:(\d+) imap://127\.0\.0\.1:(\d+)")


class MailboxServer:
    """A running stand-in. Tests share it: each uses addresses of its own."""

    def __init__(self, *, smtp_port: int = 0, imap_port: int = 0) -> None:
        self.process = subprocess.Popen(
            [
                sys.executable,
                "-m",
                "apps.notifications.sandboxes.mailbox",
                "--smtp-port",
                str(smtp_port),
                "--imap-port",
                str(imap_port),
            ],
            cwd=ROOT,
            env={**os.environ, "MAILBOX_PASSWORD": PASSWORD},
            stdout=subprocess.PIPE,
            text=True,
        )
        self.smtp_port, self.imap_port = map(int, SERVING.search(self.process.stdout.readline()).groups())
        self.smtp_url = f"smtp://127.0.0.1:{self.smtp_port}"

    def stop(self) -> None:
        self.process.terminate()
        self.process.wait(timeout=10)
        self.process.stdout.close()

    def open(self, address: str) -> imap_tools.MailBoxUnencrypted:
        return imap_tools.MailBoxUnencrypted("127.0.0.1", self.imap_port).login(address, PASSWORD)

    def mails(self, address: str) -> list[imap_tools.MailMessage]:
        """What came to an address, oldest first."""
        with self.open(address) as box:
            return list(box.fetch(mark_seen=False, bulk=True))

    def wait_for(self, address: str, count: int = 1, seconds: float = 10) -> list[imap_tools.MailMessage]:
        """As ``mails``, once there are ``count``."""
        until = time.monotonic() + seconds
        while len(found := self.mails(address)) < count:
            assert time.monotonic() < until, f"{len(found)} of {count} mails came to {address}"
            time.sleep(0.05)
        return found

    def send(self, message: EmailMessage, *, sender: str | None = None, to: str | None = None) -> None:
        """Bring a mail in by SMTP, as a customer's mail server does."""
        with smtplib.SMTP("127.0.0.1", self.smtp_port) as server:
            server.send_message(message, from_addr=sender, to_addrs=[to] if to else None)


@contextmanager
def running_mailbox(**ports: int) -> Iterator[MailboxServer]:
    server = MailboxServer(**ports)
    try:
        yield server
    finally:
        server.stop()


def new_address(name: str = "ana") -> str:
    """An address that no other test uses."""
    return f"{name}-{uuid4().hex[:8]}@mail.example"


def letter(*, to: str, sender: str = "ana@mail.example", text: str = "Hello", **headers: str) -> EmailMessage:
    """A mail of a customer; ``in_reply_to="<…>"`` and the like become headers."""
    message = EmailMessage()
    message["From"], message["To"] = sender, to
    message["Message-ID"] = headers.pop("message_id", f"<{uuid4().hex}@mail.example>")
    message["Subject"] = headers.pop("subject", "A question")
    for name, value in headers.items():
        message[name.replace("_", "-")] = value
    message.set_content(text)
    return message
