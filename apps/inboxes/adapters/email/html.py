"""HTML of strangers, made harmless."""

import re
from html import unescape

import nh3

TAGS = nh3.ALLOWED_TAGS - {"img", "area", "map"}  # pictures call home; attached ones are listed as files
STYLES = {"color", "background-color", "font-weight", "font-style", "text-align", "text-decoration"}
LONGEST = 200_000  # characters; the time that deep nesting takes grows with its square
BREAKS = re.compile(r"<(br|/p|/div|/tr|/li|/h[1-6])\b[^<>]*>", re.I)
# Opening and end of what nobody sees. In two expressions, which take time in proportion to a mail of strangers.
HIDDEN = [
    (re.compile(rf"<{tag}\b", re.I), re.compile(rf"</{tag}\s*>", re.I))
    for tag in ("style", "script", "title", "head")
]
MARKUP = re.compile(r"<[^<>]*>")


def sanitised(html: str) -> str:
    """``html`` with only harmless tags, attributes and styles: no script, no form, nothing that is fetched."""
    return nh3.clean(
        html[:LONGEST],
        tags=TAGS,
        attributes={tag: names | {"style"} for tag, names in _attributes().items()},
        filter_style_properties=STYLES,
        url_schemes={"http", "https", "mailto", "tel"},
        link_rel="noopener noreferrer nofollow",
    )


def _attributes() -> dict[str, set[str]]:
    known = {tag: set(names) for tag, names in nh3.ALLOWED_ATTRIBUTES.items() if tag in TAGS}
    return {tag: known.get(tag, set()) for tag in TAGS}


def text_of(html: str) -> str:
    """The words of ``html``, a line for a block: for mails that bring no plain text."""
    visible = _visible(html[:LONGEST]).replace("\n", " ")
    lines = unescape(MARKUP.sub("", BREAKS.sub("\n", visible))).split("\n")
    text = "\n".join(" ".join(line.split()) for line in lines)
    return re.sub(r"\n{3,}", "\n\n", text).strip()


def _visible(html: str) -> str:
    """Without styles, scripts and the head; what is opened and never closed stays."""
    for opening, end in HIDDEN:
        first, *others = opening.split(html)
        ends = [(end.search(part), part) for part in others]
        html = first + "".join(part[found.end() :] if found else f"<{part}" for found, part in ends)
    return html
