"""No decision is a coroutine that nobody awaited, which is always true (CVE-2026-28514)."""

import ast

import pytest

from apps.common.tests.security.sources import functions, programs


def coroutines(trees):
    """Names that are async functions everywhere they are defined in the desk."""
    asynchronous, plain = set(), set()
    for tree in trees:
        for function in functions(tree):
            (asynchronous if isinstance(function, ast.AsyncFunctionDef) else plain).add(function.name)
    return asynchronous - plain


def decided_by(test):
    """Calls whose truth decides a condition."""
    match test:
        case ast.Call():
            yield test
        case ast.UnaryOp(operand=operand):
            yield from decided_by(operand)
        case ast.BoolOp(values=values):
            for value in values:
                yield from decided_by(value)
        case ast.NamedExpr(value=value):
            yield from decided_by(value)


def forgotten(tree, names):
    """Lines where an async function is called as a statement or in a condition, without ``await``."""
    for node in ast.walk(tree):
        calls = []
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Call):
            calls = [node.value]
        elif isinstance(node, ast.If | ast.IfExp | ast.While | ast.Assert):
            calls = list(decided_by(node.test))
        for call in calls:
            called = call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")
            own = (
                isinstance(call.func, ast.Name)
                or getattr(getattr(call.func, "value", None), "id", "") == "self"
            )
            if own and called in names:
                yield f"{called}:{node.lineno}"


def test_every_coroutine_is_awaited():
    names = coroutines(programs().values())

    assert len(names) > 20
    found = {path: lines for path, tree in programs().items() if (lines := list(forgotten(tree, names)))}
    assert found == {}


@pytest.mark.parametrize(
    "body", ["may(x)", "if may(x): pass", "if not may(x) or y: pass", "z = 1 if may(x) else 2"]
)
def test_the_check_finds_what_it_looks_for(body):
    tree = ast.parse(f"async def may(x): ...\nasync def f(x, y):\n    {body}")

    assert list(forgotten(tree, coroutines([tree])))
