import re

import pytest

from apps.console.joining import NotOurStyle, join_lines, join_modules, shorten, squeeze, squeeze_css


@pytest.fixture
def write(tmp_path):
    def write(**modules):
        for name, source in modules.items():
            (tmp_path / f"{name}.js").write_text(source)
        return tmp_path / "main.js"

    return write


def test_join_puts_each_module_once_before_those_that_import_it(write):
    entry = write(
        main='import { one } from "./a.js";\nimport { two } from "./b.js";\none(two);\n',
        a='import { two } from "./b.js";\nexport function one() {}\ntwo;\n',
        b="export const two = 2;\n",
    )

    script = join_modules(entry)

    assert script.index("const two = 2;") < script.index("function one()") < script.index("one(two);")
    assert script.count("const two = 2;") == 1
    assert "import" not in script
    assert "export" not in script


def test_join_gives_default_exports_their_name(write):
    entry = write(main='import words from "./w.js";\nwords;\n', w='export default { a: "b" };\n')

    script = join_modules(entry)

    assert re.search(r'const (\S+) = { a: "b" };return { \1 };', script)
    assert re.search(r"const words = (\S+);words;", script)


def test_join_refuses_two_modules_that_export_the_same_name(write):
    entry = write(
        main='import { a } from "./a.js";\nimport { b } from "./b.js";\na(b);\n',
        a="export const a = 1;\nexport const same = 1;\n",
        b="export const b = 2;\nexport function same() {}\n",
    )

    with pytest.raises(NotOurStyle, match="Two modules export same"):
        join_modules(entry)


def test_join_keeps_async_functions_and_classes(write):
    entry = write(
        main='import { A, f } from "./a.js";\n', a="export async function f() {}\nexport class A {}\n"
    )

    script = join_modules(entry)

    assert "async function f() {}" in script
    assert "return { f, A };" in script


@pytest.mark.parametrize(
    "source",
    [
        'import * as a from "./a.js";\n',
        'import { x as y } from "./a.js";\n',
        'export { x } from "./a.js";\n',
        'const a = await import("./a.js");\n',
    ],
)
def test_join_refuses_what_it_does_not_understand(write, source):
    with pytest.raises(NotOurStyle):
        join_modules(write(main=source, a="export const x = 1;\n"))


def test_join_leaves_what_is_loaded_when_it_is_wanted(write):
    load = "(name) => import(`./${name}-en.js`);"

    assert load in join_modules(write(main=f"const load = {load}\n"))


def test_join_refuses_a_circle(write):
    entry = write(
        main='import { a } from "./a.js";\n', a='import { b } from "./main.js";\nexport const a = 1;\n'
    )

    with pytest.raises(NotOurStyle, match=r"main\.js imports itself"):
        join_modules(entry)


def test_lines_are_joined_where_nothing_depends_on_their_end():
    source = "const a = {\nb: [\n1,\n2],\n};\nclass C {\nd() {\nreturn a\n}\n}\n"

    assert join_lines(source) == "const a = {b: [\n1,2],};class C {d() {return a\n}\n}\n"


def test_a_text_of_many_lines_is_refused():
    with pytest.raises(NotOurStyle, match="A text goes on"):
        join_lines("const a = `one;\ntwo`;\n")


def test_squeeze_takes_comments_and_indentation_only():
    source = '/** Doc.\n * More. */\nconst a = 1; // why\n  // all\n  const url = "https://x"; /* stays */\n'

    assert squeeze(source) == 'const a = 1;\nconst url = "https://x"; /* stays */\n'


def test_squeeze_css_keeps_spaces_that_mean_something():
    source = "/* Doc. */\n.a .b:not(.c) {\n  margin: 0 auto;\n  inset: calc(1px + 2px);\n}\n"

    assert squeeze_css(source) == ".a .b:not(.c){margin:0 auto;inset:calc(1px + 2px);}"


def test_shorten_gives_private_names_letters_and_leaves_everything_else():
    source = (
        'class A { #rare = "#often"; #often() { `#often ${this.#often}`; } t() { this.#often(this.#rare); } }'
    )
    short = 'class A { #b = "#often"; #a() { `#often ${this.#a}`; } t() { this.#a(this.#b); } }'
    assert shorten(source) == short
