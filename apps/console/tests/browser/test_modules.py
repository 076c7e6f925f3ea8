"""Runs the unit tests of our ES modules in a browser: no server, each request answered from the tree."""

from pathlib import Path

import pytest
from django.conf import settings

STATIC = Path(settings.BASE_DIR) / "static"
ORIGIN = "http://modules.test"
TESTS = sorted(STATIC.glob("js/**/tests/*.test.mjs"))
RUN = """async (url) => {
  await import(url);
  const { runAll } = await import("/js/chat/tests/harness.mjs");
  return runAll();
}"""


def answer(route):
    path = STATIC / route.request.url.removeprefix(f"{ORIGIN}/")
    if path.is_file():
        route.fulfill(body=path.read_bytes(), content_type="text/javascript")
    else:
        route.fulfill(body="<!doctype html>", content_type="text/html")


@pytest.mark.parametrize("file", TESTS, ids=lambda file: f"{file.parent.parent.name}/{file.name}")
def test_every_case_of_the_module_passes(page, file):
    page.route(f"{ORIGIN}/**", answer)
    page.goto(f"{ORIGIN}/")

    results = page.evaluate(RUN, f"/{file.relative_to(STATIC)}")

    assert results
    assert [case for case in results if case["error"]] == []
