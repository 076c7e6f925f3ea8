import json
import re

import pytest
from django.contrib.staticfiles import finders
from django.urls import reverse
from django.utils.translation import gettext, ngettext, override, pgettext

from apps.common.testing.messages import DOMAINS, compiled, is_translated, ours, texts_of, wanted, written

HOLE = re.compile(r"%\(\w+\)s|%[sd]|\{\w*\}(?!\w)")
TAG = re.compile(r"</?\w+")


def keyed(catalog):
    """Messages by context and English text."""
    return {(context(message), first(message.id)): message for message in catalog if message.id}


def context(message):
    return message.context.decode() if isinstance(message.context, bytes) else message.context


def first(form):
    return form if isinstance(form, str) else form[0]


def holes(pattern, text):
    return sorted(set(pattern.findall(text)))


@pytest.fixture(scope="module", params=DOMAINS)
def domain(request):
    return request.param


@pytest.fixture(scope="module")
def catalog(domain):
    return keyed(written(domain))


def test_every_text_is_translated(domain, catalog):
    missing = [key for key in keyed(wanted(domain)) if key not in catalog or not is_translated(catalog[key])]

    assert missing == [], "Run `make messages`, then translate what is empty in the .po files."


def test_no_translation_is_left_over(domain, catalog):
    assert set(catalog) - set(keyed(wanted(domain))) == set(), "Run `make messages`."


def test_what_django_reads_is_what_was_written(domain, catalog):
    read = {key: first(message.string) for key, message in keyed(compiled(domain)).items()}

    assert read == {key: first(message.string) for key, message in catalog.items()}, "Run `make messages`."


@pytest.mark.parametrize("pattern", [HOLE, TAG], ids=["holes", "tags"])
def test_translations_keep_what_is_filled_in(catalog, pattern):
    wrong = [
        message.id
        for message in catalog.values()
        if holes(pattern, first(message.id)) != holes(pattern, first(message.string))
    ]

    assert wrong == []


SAME = {
    "English",
    "简体中文",
    "App",
    "VIP",
    "SHA-256",
    "API",
    "DHL",
    "EMS",
    "HTML",
    "SLA",
    "SOP",
    "SOPs",
    "STARTTLS",
    "SKU",
    "UPS",
}


def test_translations_are_chinese(catalog):
    """Except for names that the Chinese call so, too."""
    same = {text for (_, text), message in catalog.items() if first(message.string) == text}

    assert same <= SAME


def test_texts_of_templates_are_found(tmp_path):
    page = tmp_path / "page.html"
    page.write_text(
        '{% load i18n %}{% translate "Take" %} {% translate "New" context "messages" %} {{ name|default:_("Nobody") }}'
        "{% blocktranslate count n=n %}{{ n }} chat{% plural %}{{ n }} chats{% endblocktranslate %}",
        encoding="utf-8",
    )

    assert set(keyed(texts_of([page]))) == {
        (None, "Take"),
        ("messages", "New"),
        (None, "Nobody"),
        (None, "%(n)s chat"),
    }


def test_texts_of_scripts_are_found(tmp_path):
    script = tmp_path / "script.js"
    script.write_text(
        'say(gettext("Take")); say(`${fill(ngettext("%(n)s chat", "%(n)s chats", n), { n })} ${gettext("Send")}`);',
        encoding="utf-8",
    )

    assert set(keyed(texts_of([script]))) == {(None, "Take"), (None, "%(n)s chat"), (None, "Send")}


def test_no_text_hides_in_an_f_string():
    """Where nobody would find it."""
    hidden = re.compile(r"""\bf["'].*\{(?:_|n?gettext|pgettext)\(""")

    assert [path for path in ours("apps/**/*.py") if hidden.search(path.read_text(encoding="utf-8"))] == []


def test_the_desk_speaks_chinese():
    with override("zh-hans"):
        assert gettext("Transfer this chat") == "转接此会话"
        assert pgettext("messages", "New") == "新消息"
        assert gettext("Apply Filters") == "应用筛选"  # of the admin's theme
        assert ngettext("%(agents)s agent online", "%(agents)s agents online", 2) == "%(agents)s 位客服在线"


def test_the_scripts_of_the_console_get_theirs(client):
    script = client.get(
        reverse("javascript-catalog"), headers={"accept-language": "zh-hans"}
    ).content.decode()

    catalog = json.loads(re.search(r"newcatalog = (\{.*?\n  \});", script, re.S)[1])
    assert catalog["No answer"] == "超时未响应"


def words_of(language):
    source = finders.find(f"js/widget/strings-{language}.js")
    with open(source, encoding="utf-8") as file:
        return dict(re.findall(r'^  (\w+): "(.*)",$', file.read(), re.M))


def test_the_widget_says_the_same_in_both_languages():
    english, chinese = words_of("en"), words_of("zh-hans")

    assert set(english) == set(chinese)
    braces = re.compile(r"\{\w+\}")
    assert [key for key in english if holes(braces, english[key]) != holes(braces, chinese[key])] == []
