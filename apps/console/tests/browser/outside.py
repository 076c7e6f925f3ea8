"""The world around a live desk, for tests: mailboxes, the shop's till, the payment gateway's moods."""

import imaplib
import re
import smtplib
import time
from datetime import timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage
from urllib.parse import urlsplit

import httpx
import jwt
from django.utils import timezone

from apps.common.ids import public_id
from apps.common.testing.live import LiveDesk
from apps.inboxes.models import Inbox


class World:
    """What stands outside the desk, reached as its owners would reach it."""

    def __init__(self, desk: LiveDesk) -> None:
        self.env = desk.env
        self.shop = httpx.Client(base_url=f"{self.env['ORDER_SOURCE_URL']}/_sandbox", timeout=30)
        self.gateway = httpx.Client(base_url=f"{self.env['REFUND_GATEWAY_URL']}/_sandbox", timeout=30)

    def close(self) -> None:
        self.shop.close()
        self.gateway.close()

    def sell(self, buyer: str, sku: str) -> str:
        """Somebody buys and pays; the desk hears of it. Returns the order's number."""
        sold = self.shop.post("/orders", json={"buyer": buyer, "lines": [[sku, 1]]}).raise_for_status().json()
        number = sold["order"]["order_no"]
        self.move(number, "pay")
        return number

    def move(self, number: str, act: str, **script: object) -> None:
        self.shop.post(f"/orders/{number}/{act}", json=script).raise_for_status()

    def send_again(self, number: str, kind: str) -> None:
        """The shop repeats the event of ``kind`` about an order, late."""
        events = self.shop.get("/events").json()["events"]
        index = next(
            index
            for index, entry in enumerate(events)
            if entry["event"]["type"].endswith(kind) and number in str(entry["event"])
        )
        self.shop.post(f"/events/{index}/again").raise_for_status()

    def break_gateway(self, kind: str, **fault: object) -> None:
        fault = {"path": "/v1/refunds", "method": "POST", "kind": kind, **fault}
        self.gateway.post("/faults", json=fault).raise_for_status()

    def refunded(self) -> list[dict]:
        """What the gateway has executed."""
        return self.gateway.get("/refunds").json()["refunds"]

    def mails(self, address: str) -> list[EmailMessage]:
        """What lies in somebody's mailbox, the oldest first."""
        host, port = self.env["MAILBOX_IMAP"].split(":")
        box = imaplib.IMAP4(host, int(port))
        box.login(address, self.env["MAILBOX_PASSWORD"])
        box.select("INBOX", readonly=True)
        numbers = (box.search(None, "ALL")[1][0] or b"").split()  # None: an empty mailbox
        raw = [box.fetch(number.decode(), "(RFC822)")[1][0][1] for number in numbers]
        box.logout()
        return [message_from_bytes(content, policy=policy.default) for content in raw]

    def mail(self, address: str, subject: str, *, within: float = 60) -> EmailMessage:
        """The mail whose subject matches, waited for."""
        return wait(lambda: self._matching(address, subject), within, f"no mail {subject!r} to {address}")[0]

    def mails_about(self, address: str, subject: str) -> int:
        return len(self._matching(address, subject))

    def _matching(self, address: str, subject: str) -> list[EmailMessage]:
        return [mail for mail in self.mails(address) if re.search(subject, str(mail["Subject"]))]

    def reply(self, to: EmailMessage, text: str, *, sender: str) -> None:
        """Answer a mail as a mail program does, with the mail quoted below."""
        answer = EmailMessage()
        answer["From"], answer["To"] = sender, str(to["Reply-To"] or to["From"])
        answer["Subject"] = f"Re: {to['Subject']}"
        answer["Message-ID"] = f"<{public_id()}@mail.example>"
        answer["In-Reply-To"] = answer["References"] = str(to["Message-ID"])
        quoted = "\n".join(f"> {line}" for line in to.get_body(("plain",)).get_content().splitlines())
        answer.set_content(f"{text}\n\nOn Sunday, the shop wrote:\n{quoted}\n")
        where = urlsplit(self.env["SMTP_URL"])
        with smtplib.SMTP(where.hostname, where.port, timeout=20) as server:
            server.send_message(answer)


def identity(subject: str, name: str, email: str) -> str:
    """What the shop signs about its signed-in customer."""
    inbox = Inbox.objects.get(slug="web")
    claims = {"aud": inbox.slug, "sub": subject, "jti": public_id(), "name": name, "email": email}
    claims["exp"] = timezone.now() + timedelta(hours=1)
    return jwt.encode(claims, inbox.identity_secret, algorithm="HS256")


def sign_in(page, token: str) -> None:
    """From now on the shop's pages name their visitor to the chat."""

    def name_visitor(route) -> None:
        answer = route.fetch()
        html = answer.text().replace('data-inbox="web"', f'data-inbox="web" data-identity="{token}"')
        route.fulfill(response=answer, body=html)

    page.route(re.compile(r"^http://[^/]+/(shop/[^/]+/)?(\?.*)?$"), name_visitor)


def wait(look, within: float, complaint: str):
    """The first truthy answer of ``look``; an assertion with ``complaint`` when there is none ``within`` seconds."""
    deadline = time.monotonic() + within
    while time.monotonic() < deadline:
        found = look()
        if found:
            return found
        time.sleep(0.5)
    raise AssertionError(complaint)
