"""Programs of the desk call others by ``apps.common.http`` alone (CVE-2025-32358, CVE-2020-24881)."""

import ast
from pathlib import Path

import pytest

APPS = Path(__file__).parents[2]
# Beside the desk, not of it: measuring, starting it, and the stand-ins of others' systems.
BESIDE = ("tests", "testing", "bench", "embedded", "sandboxes")
THE_WAY = "common/http.py"
LAUNCHER = "common/up.py"  # asks whether the desk that it started is ready
CALLERS = {
    "requests",
    "urllib.request",
    "http.client",
    "aiohttp",
    "urllib3",
    "httpcore",
    "ftplib",
    "telnetlib",
}
WORDS = {
    "Client",
    "AsyncClient",
    "get",
    "post",
    "put",
    "patch",
    "delete",
    "head",
    "options",
    "request",
    "stream",
}

HARMLESS = ("Exception", "Error", ".URL", ".Timeout", ".parse", ".BaseAdapter", "Request", "Response")


def calls_out(source):
    """Names in ``source`` that open connections of HTTP and its likes."""
    for node in ast.walk(ast.parse(source)):
        match node:
            case ast.Import(names=names):
                yield from (alias.name for alias in names if alias.name in CALLERS)
            case ast.ImportFrom(module=module, names=names) if module in CALLERS | {"httpx", "urllib"}:
                full = [f"{module}.{alias.name}" for alias in names]
                yield from (name for name in full if not name.endswith(HARMLESS))
            case ast.Attribute(value=ast.Name(id="httpx"), attr=attr) if attr in WORDS:
                yield f"httpx.{attr}"


def programs():
    for path in APPS.rglob("*.py"):
        inner = path.relative_to(APPS)
        if not set(BESIDE) & set(inner.parts) and str(inner) not in (THE_WAY, LAUNCHER):
            source = path.read_text()
            if any(caller in source for caller in (*CALLERS, "httpx", "urllib")):
                yield str(inner), source


def test_nothing_else_calls_out():
    assert {name: found for name, source in programs() if (found := list(calls_out(source)))} == {}


@pytest.mark.parametrize(
    "source",
    [
        "import requests",
        "import httpx\nhttpx.get('a')",
        "from urllib.request import urlopen",
        "from httpx import post",
    ],
)
def test_the_check_finds_what_it_looks_for(source):
    assert list(calls_out(source))
