"""Signed words on where the trail stood: kept elsewhere, they catch whoever could rewrite events and seals alike.

One JSON object a line: ``{"origin", "seal", "hash", "total", "at", "key", "signature"}``; the Ed25519 signature is over
the others as JSON with sorted names and no space.
"""

import base64
import json
import logging
import os
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from urllib.parse import urlsplit

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from django.conf import settings
from django.utils import timezone

from apps.audit.models import AuditSeal
from apps.common.embedded.runtime import write_private
from apps.common.errors import DomainError

logger = logging.getLogger(__name__)
KEY_FILE = "signing.key"


class NoSigningKey(DomainError):
    """Nobody can vouch for the trail: the desk has no key."""

    code = "no_signing_key"
    default_detail = "AUDIT_SIGNING_KEY is not set."


class BadCheckpoint(DomainError):
    """A line that is no checkpoint, or that none of our keys signed."""

    code = "bad_checkpoint"


@dataclass(frozen=True)
class Checkpoint:
    """Where the trail stood: ``hash`` of seal number ``seal``, after ``total`` events."""

    origin: str
    seal: int
    hash: str
    total: int
    at: str
    key: str  # the first 16 hex digits of SHA-256 of the public key
    signature: str = ""

    def as_line(self) -> str:
        return json.dumps(asdict(self), sort_keys=True, separators=(",", ":"))

    def signed_bytes(self) -> bytes:
        said = {name: value for name, value in asdict(self).items() if name != "signature"}
        return json.dumps(said, sort_keys=True, separators=(",", ":")).encode()


def make(*, now: datetime | None = None) -> Checkpoint | None:
    """Sign the last seal; None while there is none. Raises ``NoSigningKey``."""
    key = signing_key()
    last = AuditSeal.objects.headers().order_by("-number").first()
    if last is None:
        return None
    at = (now or timezone.now()).astimezone(UTC).isoformat(timespec="seconds")
    origin = urlsplit(settings.PUBLIC_BASE_URL).netloc
    bare = Checkpoint(origin, last.number, last.hash, last.total, at, fingerprint(key.public_key()))
    return Checkpoint(**asdict(bare) | {"signature": _text(key.sign(bare.signed_bytes()))})


def keep(path: Path, *, now: datetime | None = None) -> Checkpoint | None:
    """Add a checkpoint to the file at ``path``, unless it says already how the trail stands."""
    checkpoint = make(now=now)
    if checkpoint is None:
        return None
    text = path.read_text(errors="replace") if path.exists() else ""
    said = [found for line in text.splitlines() if (found := _said(line))]
    if said and text.endswith("\n") and _said(text.splitlines()[-1]) == (checkpoint.seal, checkpoint.hash):
        return None
    if any(seal == checkpoint.seal and hashed != checkpoint.hash for seal, hashed in said):
        logger.error("Seal %d was signed with another hash before: the trail was rewritten.", checkpoint.seal)
    _append(path, checkpoint.as_line() + "\n", fresh=not text or text.endswith("\n"))
    return checkpoint


def _append(path: Path, line: str, *, fresh: bool) -> None:
    """To a line of its own, also behind one that was torn when the machine died; on the disk before it counts."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a") as file:
        file.write(line if fresh else f"\n{line}")
        file.flush()
        os.fsync(file.fileno())


def _said(line: str) -> tuple[int, str] | None:
    """Seal and hash of a line, as it says; None for one that cannot be read."""
    try:
        found = json.loads(line)
        return int(found["seal"]), str(found["hash"])
    except (ValueError, TypeError, KeyError):
        return None


def read(lines: Iterable[str], *, keys: Iterable[str] = ()) -> tuple[list[Checkpoint], list[BadCheckpoint]]:
    """The checkpoints of a file, each with a signature by one of our keys or of ``keys``; and what is wrong elsewhere.

    One bad line takes nothing from the rest. Raises ``BadCheckpoint`` for what is no key.
    """
    known = {fingerprint(key): key for key in [*verify_keys(), *map(public_key, keys)]}
    good: list[Checkpoint] = []
    bad: list[BadCheckpoint] = []
    for at, line in enumerate(lines, 1):
        try:
            good += [_read(line, at, known)] if line.strip() else []
        except BadCheckpoint as error:
            bad.append(error)
    return good, bad


def _read(line: str, at: int, known: dict[str, Ed25519PublicKey]) -> Checkpoint:
    try:
        found = Checkpoint(**json.loads(line))
        stranger = found.key not in known
    except (ValueError, TypeError) as error:
        raise BadCheckpoint(f"Line {at} is no checkpoint.") from error
    if stranger:
        raise BadCheckpoint(f"Line {at} was signed with key {found.key}, which is none of ours.")
    try:
        known[found.key].verify(base64.b64decode(found.signature), found.signed_bytes())
    except (InvalidSignature, TypeError, ValueError) as error:
        raise BadCheckpoint(f"Line {at}: the signature is not of what it says.") from error
    return found


def signing_key() -> Ed25519PrivateKey:
    """The key of the environment; in development one that is made once. Raises ``NoSigningKey``."""
    if settings.AUDIT_SIGNING_KEY:
        return _private(settings.AUDIT_SIGNING_KEY)
    path = Path(settings.AUDIT_FOLDER) / KEY_FILE
    if not settings.AUDIT_MAKES_KEY:
        raise NoSigningKey()
    if not path.exists():
        write_private(path, _text(Ed25519PrivateKey.generate().private_bytes_raw()))
    return _private(path.read_text())


def verify_keys() -> list[Ed25519PublicKey]:
    """Public keys whose checkpoints count: that of the signing key, and those of earlier ones."""
    given = [public_key(text) for text in settings.AUDIT_VERIFY_KEYS]
    try:
        return [*given, signing_key().public_key()]
    except NoSigningKey:
        return given


def _private(text: str) -> Ed25519PrivateKey:
    try:
        return Ed25519PrivateKey.from_private_bytes(base64.b64decode(text.strip(), validate=True))
    except ValueError as error:
        raise NoSigningKey("AUDIT_SIGNING_KEY is not the base64 of 32 bytes.") from error


def public_key(text: str) -> Ed25519PublicKey:
    """The key that the base64 ``text`` spells. Raises ``BadCheckpoint``."""
    try:
        return Ed25519PublicKey.from_public_bytes(base64.b64decode(text.strip(), validate=True))
    except ValueError as error:
        raise BadCheckpoint("A public key is the base64 of 32 bytes.") from error


def public_text(key: Ed25519PublicKey) -> str:
    """What ``AUDIT_VERIFY_KEYS`` and an auditor are given."""
    return _text(key.public_bytes_raw())


def fingerprint(key: Ed25519PublicKey) -> str:
    return sha256(key.public_bytes_raw()).hexdigest()[:16]


def _text(raw: bytes) -> str:
    return base64.b64encode(raw).decode()
