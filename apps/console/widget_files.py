"""The widget's scripts and styles as browsers get them: few, small, and cacheable for ever.

They are made of the files under ``static/`` when those changed, and served under a folder named after their content.
"""

import gzip
import hashlib
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from django.contrib.staticfiles import finders

from apps.console.joining import join_modules, squeeze, squeeze_css

LANGUAGES = ("en", "zh-hans")
SCRIPTS = ("js/widget", "js/chat")
LAZY = ("message", "rating", "things")  # what few shoppers need: loaded when it is wanted
STYLES = [
    "css/tokens.css",
    "css/base.css",
    "css/components/button.css",
    "css/components/field.css",
    "css/components/chip.css",
    "css/components/bubble.css",
    "css/components/thing.css",
    "css/widget.css",
]
JAVASCRIPT, CSS = "text/javascript; charset=utf-8", "text/css; charset=utf-8"


@dataclass(frozen=True)
class WidgetFile:
    """One file, plain and compressed."""

    content: bytes
    compressed: bytes
    content_type: str


@dataclass(frozen=True)
class WidgetFiles:
    """``loader.js``, ``widget.css``, and for each language ``widget-<language>.js`` and those of ``LAZY``.

    ``version`` changes with any of them.
    """

    version: str
    files: dict[str, WidgetFile]


def widget_files() -> WidgetFiles:
    """The files as the sources are now; made anew only when one of those changed."""
    scripts = [path for folder in SCRIPTS for path in sorted(_find(folder).glob("*.js"))]
    sources = [*scripts, *(_find(style) for style in STYLES)]
    return _made_of(tuple((path, path.stat().st_mtime_ns) for path in sources))


def _find(name: str) -> Path:
    return Path(str(finders.find(name)))


@lru_cache(maxsize=1)
def _made_of(sources: tuple[tuple[Path, int], ...]) -> WidgetFiles:
    widget = _find("js/widget")
    texts = {"loader.js": squeeze((widget / "loader.js").read_text(encoding="utf-8"))}
    texts |= {f"widget-{language}.js": join_modules(widget / f"main-{language}.js") for language in LANGUAGES}
    texts |= {
        f"{name}-{language}.js": join_modules(widget / f"{name}-{language}.js", exports="open")
        for name in LAZY
        for language in LANGUAGES
    }
    texts["widget.css"] = "".join(squeeze_css(_find(style).read_text(encoding="utf-8")) for style in STYLES)
    version = hashlib.sha256(repr(texts).encode()).hexdigest()[:12]
    return WidgetFiles(version, {name: _file(name, text) for name, text in texts.items()})


def _file(name: str, text: str) -> WidgetFile:
    content = text.encode()
    return WidgetFile(content, zipped(content), CSS if name.endswith(".css") else JAVASCRIPT)


def zipped(content: bytes) -> bytes:
    """As small as gzip makes it, and the same each time."""
    return gzip.compress(content, 9, mtime=0)
