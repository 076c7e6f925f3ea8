"""What routing's trace says of rules, stored in English, in the reader's language."""

import re

from django.utils.translation import gettext
from django.utils.translation import gettext_noop as _

FOUND, WANTED = (rf"['\"](?P<{name}>.*)['\"]" for name in ("found", "wanted"))

# As ``apps.routing.rules`` writes them.
LINES = [
    (
        r"(?P<rule>.+): matches, to (?P<queue>.+), wanting (?P<skills>.+)",
        _("%(rule)s: matches, to %(queue)s, wanting %(skills)s"),
    ),
    (r"(?P<rule>.+): matches, to (?P<queue>.+)", _("%(rule)s: matches, to %(queue)s")),
    (r"no rule matches, default (?P<queue>.+)", _("no rule matches, default %(queue)s")),
    (
        rf"(?P<rule>.+): source {FOUND} does not begin with {WANTED}",
        _("%(rule)s: page “%(found)s” does not begin with “%(wanted)s”"),
    ),
    (r"(?P<queue>.+) is full, on to (?P<next>.+)", _("%(queue)s is full, on to %(next)s")),
    (
        rf"(?P<rule>.+): the product is ['\"](?P<product>.*)['\"] on {FOUND}, not {WANTED}",
        _("%(rule)s: neither the product “%(product)s” nor the page “%(found)s” is “%(wanted)s”"),
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
    "customer_level": _("customer level"),
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
