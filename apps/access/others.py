"""Asking about somebody who is not the caller: where the caller is, and what their token is good for, says nothing."""

from collections.abc import Iterator
from contextlib import contextmanager

from apps.common import context


@contextmanager
def asked_apart() -> Iterator[None]:
    """Within the block people are judged as if they came by themselves, from nowhere, with a second factor."""
    with context.use(context.RequestContext(memo={}, facts={"mfa": True})):
        yield
