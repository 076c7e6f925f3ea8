"""The desk's own programs as trees, for checks of how they are written."""

import ast
from functools import cache
from pathlib import Path

APPS = Path(__file__).parents[3]


@cache
def programs():
    """``{path below apps: tree}`` of what runs in production."""
    found = {}
    for path in sorted(APPS.rglob("*.py")):
        inner = path.relative_to(APPS)
        if not {"tests", "testing", "migrations", "sandboxes", "bench"} & set(inner.parts):
            found[str(inner)] = ast.parse(path.read_text())
    return found


def functions(tree):
    yield from (node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef))
