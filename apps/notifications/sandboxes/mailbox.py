"""A mail server for demo and tests: SMTP takes mail for anybody, IMAP shows it to whoever has the password.

``python -m apps.notifications.sandboxes.mailbox --smtp-port 2525 --imap-port 1143`` with ``MAILBOX_PASSWORD``
in the environment: the password of every IMAP account (the user name is the address) and, where a client
wants to log in, of SMTP. Recipients whose address begins so make it misbehave:
``refuse`` 550 for good · ``busy`` 451 for now · ``stall`` takes the mail and answers 30 s later.
Everything is forgotten when the process ends. Knows nothing of Django.
"""

import argparse
import asyncio
import hmac
import os
import signal
from typing import Any

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session
from twisted.internet import asyncioreactor

MAX_BYTES = 30 * 1024 * 1024
STALL_S = 30
REFUSALS = {"refuse": "550 5.1.1 No such mailbox here", "busy": "451 4.3.2 Try again later"}


class Deliverer:
    """What the SMTP server does with a recipient and with a mail."""

    def __init__(self, post: Any) -> None:
        self.post = post

    async def handle_RCPT(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        refusal = next((text for start, text in REFUSALS.items() if address.startswith(start)), None)
        if refusal:
            return refusal
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        raw = envelope.content
        assert isinstance(raw, bytes)  # noqa: S101
        for recipient in envelope.rcpt_tos:
            self.post.deliver(envelope.mail_from or "", recipient, raw)
        if any(recipient.startswith("stall") for recipient in envelope.rcpt_tos):
            await asyncio.sleep(STALL_S)
        return "250 OK kept"


def _authenticator(password: str) -> Any:
    def check(
        _server: SMTP, _session: Session, _envelope: Envelope, _mechanism: str, data: Any
    ) -> AuthResult:
        given = data.password if isinstance(data, LoginPassword) else b""
        # ``handled=False``: the server itself is to answer a refusal.
        return AuthResult(success=hmac.compare_digest(given, password.encode()), handled=False)

    return check


def _imap_factory(post: Any, password: str) -> Any:
    """Imported late: Twisted picks its reactor at the first import, and it must be the one on our loop."""
    from twisted.cred.error import UnauthorizedLogin
    from twisted.internet.protocol import Factory
    from twisted.mail import imap4

    class Server(imap4.IMAP4Server):
        timeOut = 30 * 60

        def authenticateLogin(self, user: bytes, given: bytes) -> tuple[Any, Any, Any]:
            if not hmac.compare_digest(given, password.encode()):
                raise UnauthorizedLogin()
            return imap4.IAccount, post.account(user.decode()), lambda: None

        def search_SINCE(self, query: list[Any], id: int, msg: Any) -> bool:
            # Twisted 25 compares the bytes of the wire with text.
            query[0] = query[0].decode() if isinstance(query[0], bytes) else query[0]
            return super().search_SINCE(query, id, msg)

    return Factory.forProtocol(Server)


def serve(*, host: str, smtp_port: int, imap_port: int, password: str) -> None:
    """Serve both protocols on one event loop until SIGTERM or SIGINT; says where on the first line."""
    loop = asyncio.new_event_loop()
    asyncioreactor.install(loop)
    from twisted.internet import reactor as installed

    from apps.notifications.sandboxes.mailboxes import Post

    reactor: Any = installed
    post: Any = Post()
    options: Any = {"data_size_limit": MAX_BYTES, "enable_SMTPUTF8": True, "auth_require_tls": False}
    deliverer, check = Deliverer(post), _authenticator(password)
    smtp = loop.run_until_complete(
        loop.create_server(
            lambda: SMTP(deliverer, hostname="mailbox", authenticator=check, loop=loop, **options),
            host,
            smtp_port,
        )
    )
    imap = reactor.listenTCP(imap_port, _imap_factory(post, password), interface=host)
    smtp_at, imap_at = smtp.sockets[0].getsockname()[1], imap.getHost().port
    print(f"Serving on smtp://{host}:{smtp_at} imap://{host}:{imap_at}", flush=True)  # noqa: T201
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, reactor.stop)  # wakes the loop also when it was just about to sleep
    reactor.run(installSignalHandlers=False)


def main() -> None:
    """Read the command line and serve."""
    parser = argparse.ArgumentParser(description="A mail server for demo and tests.")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--smtp-port", type=int, default=0, help="0: any free one, printed on the first line")
    parser.add_argument("--imap-port", type=int, default=0)
    given = parser.parse_args()
    password = os.environ.get("MAILBOX_PASSWORD", "")
    if not password:
        parser.error("MAILBOX_PASSWORD is not set")
    serve(host=given.host, smtp_port=given.smtp_port, imap_port=given.imap_port, password=password)


if __name__ == "__main__":
    main()
