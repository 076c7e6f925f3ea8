"""The catalogues of translations, without gettext's programs: ``python -m`` this module brings them up to date.

Collects what the code, the templates and the console's scripts say, and what the admin's theme says and Django does
not translate. Translations are written by hand into the ``.po`` files and compiled here, into files that are
committed; ``test_translations`` fails where one is missing.
"""

import io
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import django
import unfold
from babel.messages.catalog import Catalog, Message
from babel.messages.extract import DEFAULT_KEYWORDS, extract_from_file, extract_javascript
from babel.messages.mofile import read_mo, write_mo
from babel.messages.pofile import read_po, write_po
from django.utils.translation.template import templatize

ROOT = Path(__file__).resolve().parents[3]
LOCALE = "zh_Hans"
FOLDER = ROOT / "helpdesk" / "locale" / LOCALE / "LC_MESSAGES"
DOMAINS = ("django", "djangojs")

# The theme of the admin ships no translations, but uses many texts of Django's.
THEME = Path(unfold.__file__).parent
THEME_UNUSED = {"constance", "simple_history", "location_field"}  # parts of it for apps that the desk has not
DJANGO = [Path(django.__file__).parent / part for part in ("conf", "contrib/admin", "contrib/auth")]

KEYWORDS = DEFAULT_KEYWORDS | {
    "gettext_lazy": None,
    "_lazy": None,
    "gettext_noop": None,
    "ngettext_lazy": (1, 2),
    "pgettext_lazy": ((1, "c"), 2),
    "npgettext_lazy": ((1, "c"), 2, 3),
}


def extract_template(source: Any, keywords: Any, comment_tags: Any, options: Any) -> Iterator[Any]:
    """Texts of a Django template, for Babel: Django turns its tags into calls, a lenient lexer reads those."""
    calls = templatize(source.read().decode("utf-8"))
    return extract_javascript(io.BytesIO(calls.encode("utf-8")), keywords, comment_tags, options)


OPTIONS = {"parse_template_string": True}  # of scripts
METHODS: dict[str, Any] = {".py": "python", ".js": "javascript", ".html": extract_template}


def wanted(domain: str) -> Catalog:
    """Everything that the catalogue ``domain`` has to translate."""
    if domain == "djangojs":
        return texts_of(ours("static/js/console/**/*.js"))
    catalog = texts_of(ours("apps/**/*.py", "helpdesk/**/*.py", "templates/**/*.html"))
    known = {
        _first(message) for part in DJANGO for message in _compiled(part / "locale" / LOCALE / "LC_MESSAGES")
    }
    for message in texts_of(_of_theme()):
        if _first(message) not in known:  # the header, "", is known
            catalog.add(message.id, None, message.locations, context=message.context)
    return catalog


def _first(message: Message) -> str:
    return message.id if isinstance(message.id, str) else message.id[0]


def ours(*patterns: str) -> list[Path]:
    """The files of the desk that match one of ``patterns``, without tests."""
    paths = sorted(path for pattern in patterns for path in ROOT.glob(pattern))
    return [path for path in paths if not {"tests", "testing", "migrations"} & set(path.parts)]


def _of_theme() -> list[Path]:
    paths = sorted([*THEME.rglob("*.py"), *THEME.rglob("*.html")])
    return [path for path in paths if not THEME_UNUSED & set(path.parts)]


def texts_of(paths: Iterable[Path]) -> Catalog:
    """What the files ``paths`` say to people."""
    catalog = Catalog(locale=LOCALE, fuzzy=False)
    for path in paths:
        for line, text, _, context in extract_from_file(
            METHODS[path.suffix], path, KEYWORDS, options=OPTIONS
        ):
            catalog.add(text, None, [(_place(path), line)], context=context)
    return catalog


def _place(path: Path) -> str:
    """How the catalogue names the file."""
    roots = [root for root in (THEME.parent, ROOT) if path.is_relative_to(root)]
    return path.relative_to(roots[0]).as_posix() if roots else path.name


def _compiled(folder: Path, domain: str = "django") -> Catalog:
    with (folder / f"{domain}.mo").open("rb") as file:
        return read_mo(file)


def written(domain: str) -> Catalog:
    """The catalogue as people wrote it."""
    with (FOLDER / f"{domain}.po").open("rb") as file:
        return read_po(file, locale=LOCALE, domain=domain)


def compiled(domain: str) -> Catalog:
    """The catalogue as Django reads it."""
    return _compiled(FOLDER, domain)


def is_translated(message: Message) -> bool:
    """Whether all forms of ``message`` have a translation that nobody doubts."""
    forms = message.string if isinstance(message.string, tuple) else (message.string,)
    return all(forms) and not message.fuzzy


def update(domain: str) -> int:
    """Bring the files of ``domain`` up to date; how many texts still want a translation."""
    catalog = written(domain)
    catalog.update(wanted(domain), no_fuzzy_matching=True, update_creation_date=False)
    with (FOLDER / f"{domain}.po").open("wb") as file:
        write_po(file, catalog, width=110, sort_by_file=True, include_lineno=False, ignore_obsolete=True)
    with (FOLDER / f"{domain}.mo").open("wb") as file:
        write_mo(file, catalog)
    return sum(not is_translated(message) for message in catalog if message.id)


if __name__ == "__main__":
    missing = {domain: update(domain) for domain in DOMAINS}
    for domain, count in missing.items():
        sys.stdout.write(
            f"{domain}: {count} texts want a translation.\n" if count else f"{domain}: complete.\n"
        )
