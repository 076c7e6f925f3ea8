"""Whether an advisory names something that the desk is made of: ``python -m apps.common.testing.dependencies``.

Without the network there is a warning and status 0; a known weakness is status 1.
"""

import json
import subprocess
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path

ROOT = Path(__file__).parents[3]
IGNORED = ROOT / ".ci" / "ignored-advisories"
SECONDS = 15


def ignored(text: str) -> list[str]:
    """Ids of the advisories that ``text`` ignores. Raises ``ValueError`` for one without a reason."""
    ids = []
    for line in filter(None, (line.partition("#")[0].strip() for line in text.splitlines())):
        name, _, why = line.partition(" ")
        if not why.strip():
            raise ValueError(f"{name} is ignored without a reason.")
        ids.append(name)
    return ids


def verdict(report: Mapping | None) -> tuple[int, list[str]]:
    """Exit status and lines for what pip-audit said; None when it could not say anything."""
    if report is None:
        return 0, ["Dependencies were not audited: the advisories are out of reach."]
    rows: Iterable[Mapping] = report.get("dependencies", [])
    weak = [(row, found) for row in rows for found in row.get("vulns", [])]
    skipped = [row["name"] for row in rows if "skip_reason" in row]
    lines = [
        f"{row['name']} {row['version']}: {found['id']}, mended in {found['fix_versions']}"
        for row, found in weak
    ]
    if skipped:
        lines.append(
            f"{len(skipped)} of {len(list(rows))} dependencies were not audited, such as {skipped[0]}."
        )
    return int(bool(weak)), lines


def audit() -> Mapping | None:
    """pip-audit's report on ``requirements.txt``."""
    command = [sys.executable, "-m", "pip_audit", "--requirement", str(ROOT / "requirements.txt")]
    command += [
        "--disable-pip",
        "--require-hashes",
        "--progress-spinner",
        "off",
        "--timeout",
        "5",
        "--format",
        "json",
    ]
    for name in ignored(IGNORED.read_text()):
        command += ["--ignore-vuln", name]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=SECONDS, check=False)
        return json.loads(done.stdout)
    except (subprocess.TimeoutExpired, ValueError):
        return None


def main() -> int:
    status, lines = verdict(audit())
    print("\n".join(lines) or "No advisory names what the desk is made of.", file=sys.stderr)  # noqa: T201
    return status


if __name__ == "__main__":
    raise SystemExit(main())
