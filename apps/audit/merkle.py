"""Merkle trees as in RFC 6962 §2.1: SHA-256, 0x00 before a leaf, 0x01 before a node. Pure functions over bytes."""

from collections.abc import Sequence
from hashlib import sha256

SIZE = 32  # bytes of a hash
LEAF, NODE, LINK = b"\x00", b"\x01", b"\x02"  # LINK is ours: the chain of the roots


def leaf_hash(content: bytes) -> bytes:
    """Hash of an entry."""
    return sha256(LEAF + content).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """Hash of two subtrees."""
    return sha256(NODE + left + right).digest()


def root_of(leaves: Sequence[bytes]) -> bytes:
    """Hash of the tree over ``leaves``; that of no leaf at all is the hash of nothing."""
    if not leaves:
        return sha256().digest()
    level = list(leaves)
    while len(level) > 1:
        level = _parents(level)
    return level[0]


def _parents(level: list[bytes]) -> list[bytes]:
    """A hash without a sibling moves up as it is: the same tree as RFC 6962 splits from the top."""
    pairs = zip(level[::2], level[1::2], strict=False)
    above = [sha256(NODE + left + right).digest() for left, right in pairs]
    return [*above, level[-1]] if len(level) % 2 else above


def path_of(leaves: Sequence[bytes], place: int) -> list[bytes]:
    """The siblings from the leaf at ``place`` up to the root: the audit path of RFC 6962 §2.1.1."""
    path, level = [], list(leaves)
    while len(level) > 1:
        sibling = place ^ 1
        if sibling < len(level):
            path.append(level[sibling])
        level, place = _parents(level), place // 2
    return path


def root_by_path(leaf: bytes, place: int, count: int, path: Sequence[bytes]) -> bytes | None:
    """The root that ``path`` leads to (RFC 9162 §2.1.3.2); None for a path that fits no tree of ``count`` leaves."""
    if not 0 <= place < count:
        return None
    found, node, last = leaf, place, count - 1
    for sibling in path:
        if last == 0:
            return None
        if node % 2 or node == last:
            found = node_hash(sibling, found)
            while node % 2 == 0 and node:
                node, last = node >> 1, last >> 1
        else:
            found = node_hash(found, sibling)
        node, last = node >> 1, last >> 1
    return found if last == 0 else None


def link_hash(previous: bytes, header: bytes) -> bytes:
    """Hash of a seal: what it says of itself, after the hash of the seal before."""
    return sha256(LINK + previous + header).digest()
