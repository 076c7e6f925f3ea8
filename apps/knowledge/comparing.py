"""What changed between two revisions of a SOP. Texts in, lines out."""

import difflib
from dataclasses import dataclass

from apps.knowledge.models import SopRevision


@dataclass(frozen=True)
class ChangedLine:
    """One line; ``sign`` is "+" for new, "-" for gone, " " for what stayed."""

    sign: str
    text: str


def as_lines(revision: SopRevision | None) -> list[str]:
    """A revision as text, line by line; no lines for none."""
    if revision is None:
        return []
    lines = revision.body.splitlines()
    for step in revision.steps.order_by("position"):
        lines.append(f"{step.position}. {step.title}")
        said = (("", step.text), ("EN: ", step.say_en), ("中文: ", step.say_zh))
        lines += [f"   {mark}{line}" for mark, text in said for line in text.splitlines()]
    return lines


def changes(before: SopRevision | None, after: SopRevision) -> list[ChangedLine]:
    """The lines of both, in order; empty when nothing changed."""
    found = [
        ChangedLine(line[0], line[2:])
        for line in difflib.ndiff(as_lines(before), as_lines(after))
        if line[0] != "?"
    ]
    return found if any(line.sign != " " for line in found) else []
