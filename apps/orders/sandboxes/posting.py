"""How the stand-in aggregators deliver: an HTTP POST, and what came back."""

from collections.abc import Mapping

import httpx

TIMEOUT = 5


def post(url: str, body: bytes, headers: Mapping[str, str]) -> tuple[int, bytes]:
    """Status and body of the answer; status 0 stands for none."""
    try:
        answer = httpx.post(url, content=body, headers=dict(headers), timeout=TIMEOUT, trust_env=False)
    except (httpx.HTTPError, httpx.InvalidURL):
        return 0, b""
    return answer.status_code, answer.content
