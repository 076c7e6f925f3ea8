"""Where the demo's content stands, and the password of its people."""

import json
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import CommandError

FOLDER = Path(settings.BASE_DIR) / "fixtures" / "demo"


def read(name: str) -> Any:
    """The content of one JSON file of the demo."""
    return json.loads((FOLDER / f"{name}.json").read_text(encoding="utf-8"))


def password_of(username: str) -> str:
    """The demo's sign-in; everybody may know it, so demo people exist in demos only."""
    return f"{username}-demo-2026"


def require_demo() -> None:
    """Raise ``CommandError`` outside development and demo installations."""
    if not getattr(settings, "DEMO", False):
        raise CommandError(
            "Demo people exist in development and demo installations only (DEMO=1).", returncode=2
        )
