"""The table in the README names tests that there are."""

import re

from django.conf import settings

NAMED = re.compile(r"`(apps/[\w/]+\.py)(?:::(\w+))?`")


def test_each_lesson_has_its_test():
    section = (
        (settings.BASE_DIR / "README.md").read_text().partition("\n## Security\n")[2].partition("\n## ")[0]
    )
    named = NAMED.findall(section)
    missing = []
    for path, test in named:
        file = settings.BASE_DIR / path
        if not file.is_file() or (test and f"def {test}(" not in file.read_text()):
            missing.append(f"{path}::{test}")

    assert len(named) > 20
    assert missing == []
