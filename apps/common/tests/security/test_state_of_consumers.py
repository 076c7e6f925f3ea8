"""A socket's state is its own: nothing of a request stands on a class (CVE-2020-35681)."""

import ast

from apps.common.tests.security.sources import programs

MUTABLE = (ast.Dict, ast.List, ast.Set, ast.DictComp, ast.ListComp, ast.SetComp)

MADE = ("dict", "list", "set", "defaultdict")


def shared(tree):
    """Class attributes in lower case that could be filled: ``{}``, ``[]``, ``set()``."""
    for owner in (node for node in ast.walk(tree) if isinstance(node, ast.ClassDef)):
        for line in owner.body:
            value = line.value if isinstance(line, ast.Assign | ast.AnnAssign) else None
            targets = line.targets if isinstance(line, ast.Assign) else [getattr(line, "target", None)]
            empty = isinstance(value, MUTABLE) and not getattr(value, "elts", getattr(value, "keys", []))
            made = isinstance(value, ast.Call) and getattr(value.func, "id", "") in (
                "dict",
                "list",
                "set",
                "defaultdict",
            )
            if empty or made:
                yield from (f"{owner.name}.{target.id}" for target in targets if isinstance(target, ast.Name))


def test_no_consumer_keeps_anything_on_its_class():
    consumers = {path: tree for path, tree in programs().items() if "consumers" in path}

    assert len(consumers) > 5
    assert {path: found for path, tree in consumers.items() if (found := list(shared(tree)))} == {}


def test_the_check_finds_what_it_looks_for():
    assert list(shared(ast.parse("class A:\n    seen = {}\n    known = set()"))) == ["A.seen", "A.known"]
