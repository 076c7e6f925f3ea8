"""The policies that come with the desk, as files: ``fixtures/policies/<slug>.json``."""

from dataclasses import dataclass
from functools import lru_cache
from json import loads
from typing import Any

from django.conf import settings
from django.utils.translation import get_language


@dataclass(frozen=True)
class SystemFile:
    """One file. Without a document it says what the system role ``role`` allows by itself."""

    slug: str
    name: str
    description: str
    name_zh: str
    description_zh: str
    document: dict[str, Any] | None = None
    role: str = ""


@lru_cache(maxsize=1)
def system_files() -> dict[str, SystemFile]:
    """All of them, by slug."""
    folder = settings.BASE_DIR / "fixtures" / "policies"
    rows = [SystemFile(**loads(path.read_text())) for path in sorted(folder.glob("*.json"))]
    return {row.slug: row for row in rows}


def local(slug: str, field: str) -> str:
    """The ``name`` or ``description`` in the language of the reader; empty for what is no system policy."""
    row = system_files().get(slug)
    if row is None:
        return ""
    translated = getattr(row, f"{field}_zh", "") if (get_language() or "").startswith("zh") else ""
    return translated or getattr(row, field)
