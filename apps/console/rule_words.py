"""What routing's trace says of rules, stored in English, in the reader's language."""

import re

from django.utils.translation import gettext
from django.utils.translation import gettext_noop as _

FOUND, WANTED = (rf"['\"](?P<{name}>.*)['\"]" for name in ("found", "wanted"))

# As ``apps.routing.rules`` writes them.
LINES = [
    (r"(?P<rule>.+): matches, to (?P<queue>.+)", _("%(rule)s: matches, to %(queue)s")),
    (r"no rule matches, default (?P<queue>.+)", _("no rule matches, default %(queue)s")),
    (
        rf"(?P<rule>.+): source {FOUND} does not begin with {WANTED}",
        _("%(rule)s: page “%(found)s” does not begin with “%(wanted)s”"),
    ),
    (
        rf"(?P<rule>.+): (?P<fact>\w+) is {FOUND}, not {WANTED}",
        _("%(rule)s: %(fact)s is “%(found)s”, not “%(wanted)s”"),
    ),
]
FACTS = {
    "channel": _("channel"),
    "inbox": _("inbox"),
    "product_category": _("product category"),
    "locale": _("language"),
}


def rule_words(line: str) -> str:
    """``line`` of a trace in the language in force; as it is where routing wrote something else."""
    for pattern, text in LINES:
        if match := re.fullmatch(pattern, line):
            values = match.groupdict()
            if "fact" in values:
                values["fact"] = gettext(FACTS.get(values["fact"], values["fact"]))
            return gettext(text) % values
    return line
