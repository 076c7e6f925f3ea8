"""Secrets inside texts that are stored and shown: sealed until the moment they leave."""

import re

from apps.common.fields import decrypted, encrypted

_SEALED = re.compile(r"⟦([\w=-]+)⟧")


def sealed(secret: str) -> str:
    """``secret`` as a text may hold it."""
    return f"⟦{encrypted(secret)}⟧"


def unsealed(text: str) -> str:
    """``text`` with its secrets; what no key opens becomes nothing."""
    return _SEALED.sub(lambda match: decrypted(match[1]), text)
