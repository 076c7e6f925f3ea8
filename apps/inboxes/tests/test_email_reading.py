"""Mails taken apart: what is new in them, who wrote them, and nothing that does harm."""

import time
from email.message import EmailMessage

import pytest

from apps.inboxes.adapters.email.html import sanitised, text_of
from apps.inboxes.adapters.email.loops import automatic_reason
from apps.inboxes.adapters.email.parsing import parse
from apps.inboxes.adapters.email.trimming import LONGEST, reply_of
from apps.inboxes.tests.samples import MACHINES, NEW, PEOPLE, TRIMMED


@pytest.mark.parametrize(("mail", "new"), [row[1:] for row in TRIMMED], ids=[row[0] for row in TRIMMED])
def test_only_what_is_new_is_left(mail, new):
    assert reply_of(mail) == new


def test_an_answer_between_the_lines_is_kept_whole():
    mail = "> Which colour?\nRed.\n> Which size?\nLarge.\n"

    assert "Red." in reply_of(mail)
    assert "Large." in reply_of(mail)


def test_a_mail_that_is_all_quotation_is_kept_whole():
    mail = "##- Please type your reply above this line -##\nWe are looking."

    assert reply_of(mail) == mail


def test_an_endless_mail_is_cut():
    assert len(reply_of("word " * LONGEST)) <= LONGEST


def reason(headers, sender, envelope):
    return automatic_reason(
        headers,
        sender=sender,
        envelope=envelope,
        own_addresses={"support@desk.example"},
        desk_id="desk.example",
    )


@pytest.mark.parametrize(("headers", "sender", "envelope", "why"), MACHINES)
def test_machines_are_told(headers, sender, envelope, why):
    assert reason(headers, sender, envelope) == why


@pytest.mark.parametrize(("headers", "sender", "envelope"), PEOPLE)
def test_people_are_told(headers, sender, envelope):
    assert reason(headers, sender, envelope) == ""


@pytest.mark.parametrize(
    ("html", "clean"),
    [
        ("<p onclick='x()'>a</p>", "<p>a</p>"),
        ("a<script>alert(1)</script>", "a"),
        ("<style>p{}</style>a", "a"),
        ("<img src='https://spy.example/1.gif'>a", "a"),
        ("<iframe src='https://x.example'></iframe>a", "a"),
        ("<form action='https://x.example'><input name=a></form>", ""),
        (
            "<p style='color:red;position:fixed;background:url(https://x.example)'>a</p>",
            '<p style="color:red">a</p>',
        ),
        ("<svg onload=alert(1)>a</svg>", "a"),
    ],
)
def test_html_of_strangers_is_harmless(html, clean):
    assert sanitised(html) == clean


@pytest.mark.parametrize(
    "url", ["javascript:alert(1)", "data:text/html,x", "vbscript:x", "JaVaScRiPt:x", "file:///etc"]
)
def test_links_lead_nowhere_dangerous(url):
    assert "href" not in sanitised(f'<a href="{url}">a</a>')


def test_links_of_strangers_tell_nobody_where_they_stood():
    assert 'rel="noopener noreferrer nofollow"' in sanitised('<a href="https://x.example">a</a>')


def test_the_words_of_html():
    html = "<style>p{}</style><p>One &amp; two</p><div>three<br>four</div><script>x()</script>"

    assert text_of(html) == "One & two\nthree\nfour"


def mail(text="Hello", html="", **headers):
    message = EmailMessage()
    values = {
        "From": "Ana Müller <Ana@Mail.example>",
        "To": "support@desk.example",
        "Message-ID": "<1@mail.example>",
    }
    for name, value in (values | headers).items():
        message[name.replace("_", "-")] = value
    message.set_content(text)
    if html:
        message.add_alternative(html, subtype="html")
    return message


def test_a_mail_in_parts():
    message = mail(
        "Grüße",
        "<p>Grüße</p>",
        Subject="Wo ist  mein Paket?",
        Cc="Support <support+abc@desk.example>",
        In_Reply_To="<a@desk.example>",
        References="<r@desk.example> <a@desk.example>",
        Return_Path="<bounce@mail.example>",
        Delivered_To="support+xyz@desk.example",
    )
    message.add_attachment(b"%PDF-", maintype="application", subtype="pdf", filename="发票.pdf")

    parsed = parse(message.as_bytes())

    assert (parsed.from_address, parsed.from_name) == ("ana@mail.example", "Ana Müller")
    assert (parsed.subject, parsed.text.strip(), parsed.html.strip()) == (
        "Wo ist mein Paket?",
        "Grüße",
        "<p>Grüße</p>",
    )
    assert parsed.recipients == [
        "support@desk.example",
        "support+abc@desk.example",
        "support+xyz@desk.example",
    ]
    assert (parsed.in_reply_to, parsed.references) == (
        "<a@desk.example>",
        ["<r@desk.example>", "<a@desk.example>"],
    )
    assert (parsed.envelope, parsed.message_id) == ("bounce@mail.example", "<1@mail.example>")
    assert [(file.name, file.mime, file.content) for file in parsed.files] == [
        ("发票.pdf", "application/pdf", b"%PDF-")
    ]


def test_a_mail_with_html_only_has_words():
    message = EmailMessage()
    message["From"] = "a@b.example"
    message.set_content("<p>Hello</p><p>World</p>", subtype="html")

    assert parse(message.as_bytes()).reply_text == "Hello\nWorld"


@pytest.mark.parametrize(
    ("charset", "text"),
    [
        ("gb2312", "您好，朱镕基"),
        ("gbk", "您好"),
        ("big5", "您好"),
        ("iso-8859-1", "Grüße"),
        ("utf-8", "您好"),
    ],
)
def test_charsets(charset, text):
    encoded = text.encode("gb18030" if charset == "gb2312" else charset)
    raw = f"From: a@b.example\r\nContent-Type: text/plain; charset={charset}\r\n\r\n".encode() + encoded

    assert parse(raw).text == text


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"\x00\xff\xfe",
        b"From: =?utf-9?x?broken\r\nSubject: =?utf-8?b?!!!?=\r\n\r\nhi",
        b"Content-Type: multipart/mixed; boundary=a\r\n\r\n--a\r\nContent-Type: text/plain; charset=kl\r\n\r\n\xff",
        b'Content-Type: text/plain; charset=""\r\nContent-Transfer-Encoding: base64\r\n\r\n!!!!',
        b"From: " + b"x" * 9000 + b"@b.example\r\nMessage-ID: " + b"<" + b"y" * 900 + b">\r\n\r\nhi",
        b"Subject: nul\x00nul\r\n\r\nnul\x00nul",
        b"References: " + b"<a@b> " * 500 + b"\r\n\r\nhi",
    ],
    ids=["empty", "noise", "bad words", "unknown charset", "bad base64", "endless", "nul", "many references"],
)
def test_nothing_that_arrives_makes_it_fail(raw):
    parsed = parse(raw)

    assert 0 < len(parsed.message_id) <= 255
    assert len(parsed.from_address) <= 320
    assert "\x00" not in parsed.text + parsed.subject
    assert len(parsed.references) <= 30


def test_a_mail_without_an_id_gets_the_same_one_each_time():
    raw = mail().as_bytes().replace(b"Message-ID: <1@mail.example>\n", b"")

    assert parse(raw).message_id == parse(raw).message_id != parse(raw + b".").message_id


def test_the_reply_of_a_whole_mail():
    parsed = parse(
        mail(f"{NEW}\n\nOn Mon, Nov 16, 2026 at 3:04 PM S <s@d.example> wrote:\n> Hi\n").as_bytes()
    )

    assert parsed.reply_text == NEW
    assert "> Hi" in parsed.text


@pytest.mark.parametrize(
    "raw",
    [
        b"From: a@b.example\nSubject: =?utf-8?b?abcde?=\n\nHi",
        b"From: a@b.example\nContent-Type: text/plain; charset=idna\n\na..b",
        b'From: a@b.example\nContent-Type: text/plain; charset="utf-8\x00"\n\nHi',
        b"From: a@b.example\nContent-Type: image/p\x00ng\nContent-ID: <\xff>\n\nHi",
        b"From: a@b.example\nContent-Type: application/x; name*=utf\x00''%41\n\nHi",
    ],
)
def test_nothing_that_arrives_makes_reading_fail(raw):
    """One such mail would keep all that come after it out of the mailbox."""
    mail = parse(raw)

    assert mail.message_id
    assert not any("\x00" in text for text in (mail.subject, mail.text, *(file.mime for file in mail.files)))


def test_a_mail_nested_too_deep_is_kept_without_a_sender():
    levels = 3000
    head = b"From: a@b.example\n"
    parts = b"".join(
        b"Content-Type: multipart/mixed; boundary=b%d\n\n--b%d\n" % (n, n) for n in range(levels)
    )

    mail = parse(head + parts + b"\nHi")

    assert mail.message_id.startswith("<sha256.")


@pytest.mark.parametrize("piece", ["<style ", "<", "<br ", "<head><title>"])
def test_html_takes_time_in_proportion_to_its_length(piece):
    began = time.process_time()

    text_of(piece * 100_000)

    assert time.process_time() - began < 5


@pytest.mark.parametrize("piece", ["\n", ">\n", "On ", "于2024年"])
def test_text_does_not_hold_up_the_queue(piece):
    began = time.process_time()

    reply_of(piece * (LONGEST // len(piece)))

    assert time.process_time() - began < 20


def test_a_line_before_much_space_does_not_hold_up_the_queue():
    began = time.thread_time()

    reply_of("Hello\n" + "_" * 10 + " \n" * 24_000)

    assert time.thread_time() - began < 1.5


def test_a_long_answer_is_kept_whole():
    mail = "A line of words.\n\n" * 600

    assert reply_of(mail) == mail.strip()
