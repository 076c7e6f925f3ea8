"""No secret stands in the repository (CVE-2024-28987); production refuses known ones, see test_settings."""

import re
import subprocess

import pytest
from django.conf import settings

SHAPES = re.compile(
    r"-----BEGIN (?:RSA |EC |OPENSSH )?PRIVATE KEY-----"
    r"|\bAKIA[0-9A-Z]{16}\b|\bLTAI[0-9A-Za-z]{12,}\b|\bgh[pousr]_\w{36}\b|\bxox[abp]-[\w-]{20,}|\bsk_live_\w{16,}"
)
ASSIGNED = re.compile(
    r"""(?i)\b\w*(?:password|secret|api_?key|access_?key)\w*\s*[:=]\s*["'](?=[^"']*\d)(?=[^"']*[a-z])[\w+/=-]{16,}["']"""
)
OURS = (
    ".py",
    ".js",
    ".html",
    ".yaml",
    ".yml",
    ".toml",
    ".json",
    ".example",
    ".sh",
    "Dockerfile",
    "Makefile",
    ".md",
)

TESTED = ("/tests/", "/testing/", "settings/test.py")


def tracked():
    """Files of the repository as they are, without those of tests; nothing where this is no checkout."""
    listed = subprocess.run(
        ["git", "ls-files"], cwd=settings.BASE_DIR, capture_output=True, text=True, check=False
    )
    for name in listed.stdout.splitlines():
        if (
            name.endswith(OURS)
            and "/tests/" not in name
            and "/testing/" not in name
            and name != "helpdesk/settings/test.py"
        ):
            path = settings.BASE_DIR / name
            if path.is_file():
                yield name, path.read_text(errors="replace")


def test_no_file_holds_a_secret():
    found = {name: SHAPES.findall(text) + ASSIGNED.findall(text) for name, text in tracked()}

    assert {name: secrets for name, secrets in found.items() if secrets} == {}


@pytest.mark.parametrize(
    "text",
    ["-----BEGIN PRIVATE KEY-----", 'SECRET_KEY = "a1b2c3d4e5f6g7h8i9"', "api_key: 'dk0123456789abcdef'"],
)
def test_the_check_finds_what_it_looks_for(text):
    assert SHAPES.search(text) or ASSIGNED.search(text)
