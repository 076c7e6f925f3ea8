"""Calls made of the API's own document, right and wrong ones, with what the desk really holds in their places."""

import re
from collections import defaultdict
from dataclasses import dataclass, field
from datetime import timedelta
from http.cookies import SimpleCookie
from random import Random
from urllib.parse import unquote

import httpx
import schemathesis
from django.core.cache import cache
from django.db import transaction
from django.test import Client
from requests import Request
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

BASE = "http://testserver"


def no_crash(context, response, case):
    """A system outside that does not answer is no mistake of the desk; anything else of 500 and up is one."""
    if response.status_code not in (502, 503) or b'"code"' not in response.content:
        not_a_server_error(context, response, case)


CHECKS = [no_crash, status_code_conformance, content_type_conformance, response_schema_conformance]
# Fields that name rows, by the resource whose names fit.
MEANING = {
    "agent": "users",
    "approver": "users",
    "category": "faq-categories",
    "customer": "customers",
    "order": "orders",
    "order_no": "orders",
    "payment": "refunds",
    "session": "sessions",
    "session_id": "sessions",
    "sop": "sops",
    "user": "users",
    "calendar": "calendars",
    "inbox": "inboxes",
    "queue": "queues",
    "role": "roles",
    "skill": "skills",
    "vendor": "vendors",
    "ticket": "tickets",
}
NAMES = ("slug", "number", "public_id", "order_no", "refund_no", "event_id", "key", "sku", "kind", "id")
PART = re.compile(r"\{(\w+)\}")


@dataclass
class Walk:
    """Sends cases for one person after the other, undoes each, and keeps what went wrong."""

    people: dict[str, Client]
    pools: dict[str, list] = field(default_factory=lambda: defaultdict(list))
    wrong: dict[str, str] = field(default_factory=dict)
    answers: dict[str, int] = field(default_factory=lambda: defaultdict(int))

    def learn(self, document: dict, reader: Client) -> None:
        """What the lists of the API name their rows by."""
        for path, operations in document["paths"].items():
            if "get" in operations and "{" not in path:
                body = reader.get(path, {"page_size": 5}).json() if _is_list(operations["get"]) else None
                rows = body.get("results", []) if isinstance(body, dict) else body or []
                self.pools[path].extend(row for row in rows if isinstance(row, dict))

    def names(self, resource: str, wanted: str = "") -> list:
        """How rows of ``resource`` can be called."""
        rows = self.pools.get(f"/api/v1/{resource}/", [])
        return [row[name] for row in rows for name in (wanted, *NAMES) if row.get(name) not in (None, "")]

    def is_known(self, person: str) -> bool:
        """Whether the desk knows who ``person`` is."""
        return self.people[person].get("/api/v1/me/").status_code == 200

    def send(self, case: schemathesis.Case, person: str, random: Random) -> None:
        """One call; what it changed is undone, at the desk and in the browser, so that nobody stays signed out."""
        self.fill(case, random)
        browser = self.people[person]
        cookies = SimpleCookie(browser.cookies)
        request = Request(**_plain(case.as_transport_kwargs(base_url=BASE))).prepare()
        cache.clear()  # throttles have tests of their own
        block = transaction.atomic()
        block._from_testcase = True  # services that insist on the outermost block take it for none
        with block:
            answer = browser.generic(
                request.method,
                request.url.removeprefix(BASE),
                request.body or b"",
                content_type=request.headers.get("Content-Type", ""),
                headers=_free(request.headers, strange=random.random() > 0.9),
            )
            content = b"".join(answer.streaming_content) if answer.streaming else answer.content
            transaction.set_rollback(True)
        browser.cookies = cookies
        self.answers[f"{answer.status_code // 100}xx"] += 1
        self.judge(case, person, request, answer, content)

    def judge(self, case, person, request, answer, content) -> None:
        """Note what breaks the document."""
        response = httpx.Response(
            answer.status_code,
            headers=[(name, str(value)) for name, value in answer.items()],
            content=content,
            request=httpx.Request(request.method, request.url),
        )
        response.elapsed = timedelta()
        try:
            case.validate_response(response, checks=CHECKS)
        except BaseExceptionGroup as group:
            name = f"{case.method} {case.operation.path} {answer.status_code}"
            if name not in self.wrong:
                body = request.body[:300] if request.body else ""
                raised = f"\n  {answer.exc_info[1]!r}" if getattr(answer, "exc_info", None) else ""
                said = "; ".join(str(error).split("\n\n    {")[0][:600] for error in group.exceptions)
                self.wrong[name] = f"{person}: {request.url} {body!r}{raised}\n  {said}\n  {content[:300]!r}"

    def fill(self, case: schemathesis.Case, random: Random) -> None:
        """Names of real rows where names stand, mostly."""
        for name in list(case.path_parameters or {}):
            before = case.operation.path.partition(f"/{{{name}}}")[0].removeprefix("/api/v1/")
            known = self.names(before, name) or self.names(before.rpartition("/")[2], name) or ["1"]
            nothing = unquote(str(case.path_parameters[name])) in (
                "",
                ".",
                "..",
            )  # would be the list's address
            if nothing or random.random() < 0.85:
                case.path_parameters[name] = str(random.choice(known))
        for part in (case.body, case.query):
            if isinstance(part, dict):
                self.fill_in(part, random)

    def fill_in(self, part: dict, random: Random) -> None:
        """The same for fields that are called as what they name."""
        for name, value in part.items():
            known = self.names(MEANING.get(name.removesuffix("_id"), name))
            if known and random.random() < 0.5:
                chosen = random.choice(known)
                part[name] = [chosen] if isinstance(value, list) else chosen


def _is_list(operation: dict) -> bool:
    return operation["operationId"].endswith("_list")


def _plain(given: dict) -> dict:
    """What ``requests`` knows of it."""
    known = ("method", "url", "params", "json", "data", "files", "headers", "cookies")
    return {name: given[name] for name in known if name in given}


def _free(headers, *, strange: bool) -> dict[str, str]:
    """Headers of the case itself; those that a server reads as text of one line. ``strange``: a token, too."""
    own = ("content-type", "content-length", "cookie", "host", *(() if strange else ("authorization",)))
    return {
        name: value if isinstance(value, str) else value.decode("latin-1")
        for name, value in headers.items()
        if name.lower() not in own
    }
