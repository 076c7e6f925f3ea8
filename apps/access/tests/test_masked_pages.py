"""Names in pages: what people have written is masked word by word, the interface stays what it is."""

import pytest
from django.http import HttpResponse
from django.template import Context, Engine
from django.utils.safestring import SafeString

from apps.access import partner_middleware
from apps.access.masked_pages import BEGIN, END, mark, mask_in_page
from apps.access.names import Names, usable

NAMES = usable(["王芳", "Jane  Doe", "Li", "O'Neil"])
MARK = usable(["Mark Jones", "王 关闭"])


@pytest.mark.parametrize(
    ("html", "masked"),
    [
        ("<button>Mark as read</button>", "<button>Mark as read</button>"),
        ("<option>关闭</option>", "<option>关闭</option>"),
        ("<td>mark jones</td>", "<td>m**</td>"),
        (f"<b>{mark('Hi Mark, 关闭')}</b> Mark", "<b>Hi M**, 关**</b> Mark"),
        (f'<b title="{mark("To Mark")}" class="Mark">Mark</b>', '<b title="To M**" class="Mark">Mark</b>'),
        (f'{mark("Mark")}<a href="/Mark">{mark("Mark")}</a>', 'M**<a href="/Mark">M**</a>'),
        (
            f'{BEGIN}Mark<br><a class="Mark">Mark{END}</a>Mark',
            'M**<br><a class="Mark">M**</a>Mark',
        ),
        (f"Jones{END}Mark {BEGIN}Jones", "JonesMark J**"),
    ],
)
def test_parts_are_looked_for_in_what_people_have_written_only(html, masked):
    assert mask_in_page(html, MARK) == masked


@pytest.mark.parametrize(
    ("name", "html", "masked"),
    [
        ("Open", "<b>Open</b> <b> open\n</b>", "<b>Open</b> <b> o**\n</b>"),
        ("Open", "<b>Open · 3</b><b>3 open now</b>", "<b>Open · 3</b><b>3 open now</b>"),
        ("Open", "<b>Open of Oslo</b><b>Dear Open</b>", "<b>O** of Oslo</b><b>Dear O**</b>"),
        ("Open", f"<b>{mark('Open')}</b>", "<b>O**</b>"),
        ("Ticket", "<b>No ticket matches</b>, no ticket", "<b>No ticket matches</b>, no t**"),
        ("May", "<time>May 3, 2026</time> of May 3", "<time>May 3, 2026</time> of M** 3"),
        ("关闭", '<b title="关闭 (Esc)">关闭</b>', '<b title="关闭 (Esc)">关闭</b>'),
        ("关闭", '<b title="请关闭">关闭女士，开关闭</b>', '<b title="请关**">关**女士，开关**</b>'),
        ("关闭", f'<b title="{mark("关闭")}">', '<b title="关**">'),
        ("Will Open", "<b>Will Open</b>", "<b>W**</b>"),
    ],
)
def test_a_whole_name_stays_where_the_interface_has_it(name, html, masked):
    assert mask_in_page(html, usable([name])) == masked


def test_marks_leave_where_nobody_is_looked_for():
    assert mask_in_page(f"<b>{mark('Mark')}</b>", usable([])) == "<b>Mark</b>"


def test_parts_are_masked_where_no_whole_name_is_looked_for():
    assert mask_in_page(f"<b>{mark('Mark')}</b> Mark", Names(parts=frozenset({"Mark"}))) == "<b>M**</b> Mark"


def test_all_of_what_is_no_page_is_what_people_have_written(monkeypatch, rf):
    monkeypatch.setattr(partner_middleware, "_names", lambda: MARK)

    kinds = {
        kind: partner_middleware._masked(rf.get("/"), HttpResponse("Mark", content_type=kind)).content
        for kind in ("text/html; charset=utf-8", "text/plain", "text/csv")
    }

    assert list(kinds.values()) == [b"Mark", b"M**", b"M**"]


def test_marks_get_through_what_templates_do_with_a_text():
    template = "{{ text|linebreaksbr }} {{ text|urlize }} {{ text|upper|default:'-' }}"
    text = mark("Mark:\nhttps://a.example/Mark")

    html = mask_in_page(Engine().from_string(template).render(Context({"text": text})), MARK)

    assert "Mark:" not in html
    assert 'href="https://a.example/Mark"' in html
    assert "MARK" not in html


def test_marking_keeps_what_is_safe_and_marks_once():
    assert isinstance(mark(SafeString("<br>")), SafeString)
    assert not isinstance(mark("<br>"), SafeString)
    assert mark(mark("Mark")) == mark("Mark")
    assert mark(f"{END}Mark{BEGIN}") == mark("Mark")


def test_tags_and_scripts_of_a_page_stay_what_they_are():
    html = '<li class="li 王芳" title="王芳">Li &amp; O&#x27;Neil<script>var li = "王芳"</script></li>'
    masked = '<li class="li 王芳" title="王**">L** &amp; O**<script>var li = "王芳"</script></li>'

    assert mask_in_page(html, NAMES) == masked


def test_nobody_breaks_a_page_by_what_they_call_themselves():
    html = '<button class="button big" hx-post="/a/" title="To button class">Button class</button>'

    masked = mask_in_page(html, usable(["button class", "button big", "/a/", "post=", "hx-post"]))

    assert masked == '<button class="button big" hx-post="/a/" title="To b**">B**</button>'
