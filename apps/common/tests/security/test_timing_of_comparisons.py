"""Secrets are compared in constant time (chatwoot#14945)."""

import ast
import re

import pytest

from apps.common.tests.security.sources import programs

SECRET = re.compile(r"(^|_)(token|secret|signature|digest|hmac|mac|password|api_key|otp)s?(_\w+)?$")
# What is compared is a kind or a claim that everybody may know.
PUBLIC = {"token_type", "signature_method", "digest_method", "password_kind"}


def name_of(node):
    """The last name in an expression: of a variable, an attribute, a key or a call."""
    match node:
        case (
            ast.Name(id=name) | ast.Attribute(attr=name) | ast.Subscript(slice=ast.Constant(value=str(name)))
        ):
            return name
        case ast.Call(func=function):
            return name_of(function)
    return ""


def leaking(tree):
    for node in ast.walk(tree):
        if isinstance(node, ast.Compare) and isinstance(node.ops[0], ast.Eq | ast.NotEq):
            sides = [node.left, *node.comparators]
            nothing = any(isinstance(side, ast.Constant) for side in sides)  # "", or the name of a kind
            names = {name_of(side) for side in sides}
            if not nothing and any(SECRET.search(name) for name in names - PUBLIC):
                yield node.lineno


def test_no_secret_is_compared_by_its_first_difference():
    asked = {path: tree for path, tree in programs().items() if "/demo/" not in path}
    found = {path: lines for path, tree in asked.items() if (lines := list(leaking(tree)))}

    assert found == {}


@pytest.mark.parametrize(
    "source", ["given == secret", "self.token != body['token']", "signature(a) == b.digest"]
)
def test_the_check_finds_what_it_looks_for(source):
    assert list(leaking(ast.parse(source)))
