"""Identifiers and secrets."""

import hashlib
import secrets


def public_id() -> str:
    """A 22-character URL-safe random id of 128 bits: what the outside sees instead of a primary key."""
    return secrets.token_urlsafe(16)


def new_token() -> str:
    """A 43-character URL-safe secret of 256 bits; only its ``digest`` is stored."""
    return secrets.token_urlsafe(32)


def digest(token: str) -> str:
    """SHA-256 of a token in hex. A random 256-bit secret needs no slow hash."""
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()
