"""Files that pretend: through the address that shoppers upload to, as it is."""

import struct
import time
import tracemalloc
import zlib

import pytest
from django.core.files.storage import default_storage

from apps.chat import services
from apps.chat.models import Attachment
from apps.chat.tests.factories import InboxFactory, image_bytes
from apps.chat.tests.rest import Visitor, assert_problem

pytestmark = [pytest.mark.django_db, pytest.mark.abuse]
SCRIPT = b"<script>alert(1)</script>"
MB = 1024 * 1024


@pytest.fixture
def visitor():
    return Visitor(services.open_session(inbox_slug=InboxFactory().slug))


def chunk(name: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))


def png_with(*extra: bytes) -> bytes:
    """A small PNG with more chunks behind its header."""
    whole = image_bytes()
    return whole[:33] + b"".join(extra) + whole[33:]


def zipped(size: int) -> bytes:
    return zlib.compress(b"\0" * size, 9)


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("invoice.pdf", b"MZ\x90\x00\x03\x00\x00\x00\x04\x00\x00\x00\xff\xff\x00\x00"),
        ("photo.jpg", b"\x7fELF\x02\x01\x01\x00\x00\x00\x00\x00"),
        ("photo.png", b"\xca\xfe\xba\xbe\x00\x00\x00\x34"),
        ("photo.png.exe", b"MZ\x90\x00"),
        ("photo.gif", b"#!/bin/sh\x00\nrm -rf /\n"),
        ("picture.svg", b"<svg xmlns='http://www.w3.org/2000/svg'>" + SCRIPT + b"</svg>"),
        (
            "picture.png",
            b"<?xml version='1.0'?><!DOCTYPE svg [<!ENTITY x SYSTEM 'file:///etc/passwd'>]><svg>&x;</svg>",
        ),
        ("page.txt", b"\n\t <html>" + SCRIPT),
        ("page.pdf", b"<!doctype html>" + SCRIPT),
        ("bomb.zip", b"PK\x03\x04\x14\x00\x00\x00\x08\x00" + zipped(10 * MB)),
        ("bomb.gz", b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\x03" + zipped(10 * MB)),
        ("report.docx", b"PK\x03\x04\x14\x00\x06\x00"),
        ("macro.xls", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"),
        ("run.lnk", b"L\x00\x00\x00\x01\x14\x02\x00"),
        ("utf16.txt", ("<html>" + SCRIPT.decode()).encode("utf-16")),
    ],
)
def test_what_is_no_picture_document_or_text_is_refused(visitor, name, content):
    assert_problem(visitor.upload(content, name), 400, "upload_refused")
    assert not Attachment.objects.exists()


@pytest.mark.parametrize(
    "content",
    [
        png_with(chunk(b"zTXt", b"bomb\0\0" + zipped(200 * MB))),
        png_with(chunk(b"iTXt", b"bomb\0\1\0\0\0" + zipped(200 * MB))),
        png_with(chunk(b"iCCP", b"bomb\0\0" + zipped(200 * MB))),
    ],
    ids=["zTXt", "iTXt", "iCCP"],
)
def test_a_bomb_inside_a_picture_takes_neither_memory_nor_time(visitor, content):
    tracemalloc.start()
    began = time.monotonic()
    visitor.upload(content, "small.png")
    _now, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert most < 100 * MB
    assert time.monotonic() - began < 5


@pytest.mark.parametrize(
    "name",
    [
        "../../../../etc/cron.d/x.png",
        "..\\..\\Windows\\x.png",
        "/etc/passwd.png",
        "C:\\x.png",
        ".htaccess",
        "x.png\x00.html",
        "x.png;.html",
        "a" * 300 + ".png",
        "%2e%2e%2fx.png",
        "\u202egnp.exe",
        '"><img src=x onerror=alert(1)>.png',
        "con.png\r\nX-Evil: 1",
    ],
)
def test_names_lead_nowhere(visitor, client, name):
    response = visitor.upload(image_bytes(), name)

    assert response.status_code in (201, 400), response.content
    for attachment in Attachment.objects.all():
        assert (
            attachment.file.name == f"attachments/{attachment.public_id.hex[:2]}/{attachment.public_id.hex}"
        )
        assert default_storage.path(attachment.file.name).startswith(default_storage.path("attachments"))
        assert not {"/", "\\", "\x00", "\r", "\n", "\u202e"} & set(attachment.name)
        served = client.get(response.json()["url"])
        assert "X-Evil" not in served.headers
        assert served["Content-Type"] == "image/png"


def test_a_script_behind_a_picture_is_served_as_a_picture_and_nothing_else(visitor, client):
    for number, kind in enumerate(("GIF", "PNG", "JPEG")):
        url = visitor.upload(image_bytes(kind) + SCRIPT, f"{number}.html").json()["url"]
        served = client.get(url)

        assert served["Content-Type"] == f"image/{kind.lower()}"
        assert served["X-Content-Type-Options"] == "nosniff"
        assert "sandbox" in served["Content-Security-Policy"]
