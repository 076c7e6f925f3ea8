"""Join our own ES modules into one script, and take out of scripts and styles what only readers need.

The sources stay plain modules that browsers and tests load as they are. A shopper's phone gets one file instead of
twenty: fewer round trips, and text of one kind compresses a fifth better. It understands exactly the style that we
write (imports of names, one a line; exports at the declaration) and refuses anything else.
"""

import re
from collections import Counter
from itertools import product
from pathlib import Path
from string import ascii_letters

IMPORT = re.compile(
    r'^import (?:(?P<default>\w+)|\{ (?P<names>\w+(?:, \w+)*) \}) from "(?P<path>[^"]+)";\n', re.M
)
EXPORT = re.compile(r"^export (?:async )?(?:function|class|const) (\w+)", re.M)
# What is loaded when it is wanted (widget_files.LAZY) is a file of its own beside the script, and is left as it is.
LAZY_IMPORT = r"`\./\$\{name\}-[\w-]+\.js`\)"
LEFTOVER = re.compile(rf"^(?:import|export)\b.*$|\bimport\((?!{LAZY_IMPORT})", re.M)
BLOCK_COMMENT = re.compile(r"^[ \t]*/\*.*?\*/[ \t]*\n", re.S | re.M)
LINE_COMMENT = re.compile(r"^[ \t]*//.*\n|[ \t]+// .*$", re.M)
SHARED = re.compile(r"^const \{ ([\w$, ]+) \} = \(\(\) => \{$", re.M)
PRIVATE = re.compile(r"\.#(\w+)")
ANY_PRIVATE = re.compile(r"""(?<!["'`])#(\w+)""")
LETTERS = [*ascii_letters, *map("".join, product(ascii_letters, repeat=2))]
LINE_END = re.compile(r"([{(;,])\n")
INDENT = re.compile(r"^\s+", re.M)
CSS_SPACE = re.compile(r"\s*([{};,])\s*|(:)\s+")


class NotOurStyle(ValueError):
    """A module is written in a way that cannot be joined."""


def join_modules(entry: Path, *, exports: str = "") -> str:
    """One script that does what loading the module ``entry`` does, and exports the name. Raises ``NotOurStyle``."""
    joined: dict[Path, str] = {}
    _visit(entry.resolve(), joined, ())
    script = "".join(joined.values())
    _refuse_namesakes(script)
    return join_lines(f"{script}export {{ {exports} }};\n" if exports else script)


def _refuse_namesakes(script: str) -> None:
    """An import finds its name in the whole script: two modules cannot export the same one."""
    names = Counter(name for names in SHARED.findall(script) for name in names.split(", "))
    for name, times in names.items():
        if times > 1:
            raise NotOurStyle(f"Two modules export {name}.")


def _visit(path: Path, joined: dict[Path, str], above: tuple[Path, ...]) -> None:
    """Put ``path`` into ``joined`` after everything that it imports."""
    if path in above:
        raise NotOurStyle(f"{path.name} imports itself by way of {above[-1].name}.")
    if path in joined:
        return
    source = squeeze(path.read_text(encoding="utf-8"))
    for match in IMPORT.finditer(source):
        _visit(_target(path, match), joined, (*above, path))
    joined[path] = shorten(_as_scope(path, source))


def _target(path: Path, match: re.Match[str]) -> Path:
    return (path.parent / match["path"]).resolve()


def _as_scope(path: Path, source: str) -> str:
    """The module as a function of its own. What it exports is known to the whole script: imports need no line."""
    names = EXPORT.findall(source)
    body = IMPORT.sub(lambda match: _import_line(path, match), source)
    if "\nexport default " in f"\n{body}":
        body = re.sub(r"^export default ", f"const {_default_name(path)} = ", body, flags=re.M)
        names.append(_default_name(path))
    body = re.sub(r"^export (?=async |function|class|const)", "", body, flags=re.M)
    if leftover := LEFTOVER.search(body):
        raise NotOurStyle(f"{path.name}: {leftover[0]}")
    if not names:
        return f"(() => {{\n{body}}})();\n"
    shared = f"{{ {', '.join(names)} }}"
    return f"const {shared} = (() => {{\n{body}return {shared};\n}})();\n"


def _import_line(path: Path, match: re.Match[str]) -> str:
    return f"const {match['default']} = {_default_name(_target(path, match))};\n" if match["default"] else ""


def _default_name(path: Path) -> str:
    return "$" + re.sub(r"\W", "_", f"{path.parent.name}_{path.stem}")


def squeeze(source: str) -> str:
    """JavaScript or CSS of ours without comments and indentation. Code of ours never begins a line with ``//``."""
    return INDENT.sub("", LINE_COMMENT.sub("", BLOCK_COMMENT.sub("", source)))


def join_lines(source: str) -> str:
    """Without the line ends after signs that need none. Raises ``NotOurStyle`` for a text that has line ends."""
    for line in source.splitlines():
        if line.count("`") % 2:
            raise NotOurStyle(f"A text goes on after the end of its line: {line}")
    return LINE_END.sub(r"\1", source)


def shorten(source: str) -> str:
    """The private names of a module's classes by a letter each, those that stand most often by the first ones."""
    names = [name for name, _times in Counter(PRIVATE.findall(source)).most_common()]
    short = dict(zip(names, LETTERS, strict=False))
    return ANY_PRIVATE.sub(lambda match: "#" + short.get(match[1], match[1]), source)


def squeeze_css(source: str) -> str:
    """Like ``squeeze``, and without the spaces around punctuation."""
    return CSS_SPACE.sub(r"\1\2", squeeze(source))
