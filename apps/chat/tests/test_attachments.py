import struct
import zlib
from io import BytesIO
from uuid import uuid4

import pytest
from django.core.files.storage import default_storage
from PIL import Image

from apps.audit.models import AuditEvent
from apps.chat import services
from apps.chat.errors import SessionClosed, UploadRefused, UploadTooLarge
from apps.chat.models import Attachment, Message
from apps.chat.services.attachments import MAX_NAME, clean_name, sniff
from apps.chat.tests.factories import (
    ChatSessionFactory,
    CustomerFactory,
    QueueFactory,
    active_session,
    closed_session,
    customer_says,
    image_bytes,
    make_agent,
    make_supervisor,
    uploaded,
)
from apps.common.errors import AccessDenied, Invalid

PDF = b"%PDF-1.4\n1 0 obj<</Type/Catalog>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n"


def png_claiming(width: int, height: int) -> bytes:
    """A PNG whose header promises more pixels than there are."""

    def chunk(name, data):
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", header)
        + chunk(b"IDAT", zlib.compress(b""))
        + chunk(b"IEND", b"")
    )


# What a file really is


@pytest.mark.parametrize(
    ("kind", "mime"),
    [("PNG", "image/png"), ("JPEG", "image/jpeg"), ("GIF", "image/gif"), ("WEBP", "image/webp")],
)
def test_pictures_are_known_by_their_content(kind, mime):
    found = sniff(image_bytes(kind, (8, 6)))

    assert (found.mime, found.width, found.height) == (mime, 8, 6)


@pytest.mark.parametrize("kind", ["BMP", "TIFF", "ICO"])
def test_other_pictures_are_refused(kind):
    with pytest.raises(UploadRefused):
        sniff(image_bytes(kind, (16, 16)))


def test_a_document_is_a_pdf_from_its_first_byte():
    assert sniff(PDF).mime == "application/pdf"
    with pytest.raises(UploadRefused):
        sniff(b"\x00\x01" + PDF)


@pytest.mark.parametrize(
    "text",
    [
        "Order 4711",
        "尺码：42\u3000颜色：黑",
        "caf\u00e9\u00a0au lait",
        "👩‍👩‍👧 family",
        "\ufeffBOM\r\n\tTab\f",
        "a < b",
    ],
)
def test_plain_text_is_text_in_any_language(text):
    assert sniff(text.encode()).mime == "text/plain"


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"<html><script>alert(1)</script>",
        b"  \r\n\t<!DOCTYPE html>",
        b"\xef\xbb\xbf<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>",
        b"\x0c<html>",
        b"<?xml version='1.0'?><svg/>",
        "<html>".encode("utf-16"),
        b"MZ\x90\x00\x03\x00\x00\x00",
        b"PK\x03\x04\x14\x00",
        b"\x7fELF\x02\x01\x01\x00",
        b"text with a \x00 nul",
        b"escape \x1b[31m",
        "C1 control \x9b31m".encode(),
        b"\xff\xfe\xfd",
    ],
)
def test_what_is_not_allowed_is_refused(content):
    with pytest.raises(UploadRefused):
        sniff(content)


@pytest.mark.parametrize("tail", [b"<script>alert(1)</script>", b"PK\x03\x04" + b"\x00" * 40, PDF])
@pytest.mark.parametrize("kind", ["PNG", "GIF", "JPEG"])
def test_a_picture_with_something_behind_it_is_only_ever_a_picture(kind, tail):
    assert sniff(image_bytes(kind) + tail).mime == f"image/{kind.lower()}"


def test_a_document_that_begins_as_a_page_is_refused():
    with pytest.raises(UploadRefused):
        sniff(b"<html>" + PDF)


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP", "GIF"])
def test_a_truncated_picture_is_refused(kind):
    noise = Image.effect_noise((200, 200), 90).convert("RGB")
    buffer = BytesIO()
    noise.save(buffer, kind)

    with pytest.raises(UploadRefused):
        sniff(buffer.getvalue()[: len(buffer.getvalue()) // 2])


@pytest.mark.parametrize("size", [(7_000, 7_000), (12_000, 9_000), (30_000, 30_000), (60_000, 1_000)])
def test_a_flood_of_pixels_is_refused_before_it_is_decoded(size):
    with pytest.raises(UploadTooLarge):
        sniff(png_claiming(*size))


def test_a_picture_of_nothing_is_refused():
    with pytest.raises(UploadRefused):
        sniff(png_claiming(10, 10))


# Names


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("shoe.png", "shoe.png"),
        ("../../etc/passwd", "passwd"),
        ("..\\..\\boot.ini", "boot.ini"),
        ("a\u200bb\u202egnp.exe", "abgnp.exe"),
        ("line\r\nbreak.txt", "linebreak.txt"),
        ("nul\x00.txt", "nul.txt"),
        ("鞋子.jpg", "鞋子.jpg"),
        ("..", "file"),
        ("\u200b", "file"),
        ("", "file"),
        ("dir/", "file"),
        (" . . ", "file"),
    ],
)
def test_names_are_made_harmless(given, kept):
    assert clean_name(given) == kept


def test_a_long_name_keeps_its_end():
    name = clean_name("x" * 500 + ".pdf")

    assert len(name) == MAX_NAME
    assert name.endswith(".pdf")


# Uploading


@pytest.mark.django_db
def test_a_file_is_kept_under_a_name_of_ours():
    session = ChatSessionFactory()

    attachment = services.add_attachment(
        session, actor=session.customer, upload=uploaded(name="../evil.html")
    )

    assert (attachment.name, attachment.mime, attachment.width, attachment.height) == (
        "evil.html",
        "image/png",
        8,
        6,
    )
    assert attachment.file.name == f"attachments/{attachment.public_id.hex[:2]}/{attachment.public_id.hex}"
    with default_storage.open(attachment.file.name) as file:
        assert file.read() == image_bytes()
    assert AuditEvent.objects.filter(action="chat:UploadFile").count() == 1


@pytest.mark.django_db
@pytest.mark.parametrize(
    "stranger",
    [
        lambda session: CustomerFactory(),
        lambda session: make_agent(session.queue),
        lambda session: make_agent(QueueFactory()),
        lambda session: make_supervisor(session.queue),
    ],
)
def test_only_those_who_speak_may_upload(stranger):
    session = active_session()

    with pytest.raises(AccessDenied):
        services.add_attachment(session, actor=stranger(session), upload=uploaded())

    assert not Attachment.objects.exists()


@pytest.mark.django_db
def test_nothing_is_uploaded_to_a_closed_chat():
    session = closed_session()

    with pytest.raises(SessionClosed):
        services.add_attachment(session, actor=session.customer, upload=uploaded())


@pytest.mark.django_db
def test_a_file_has_a_largest_size(settings):
    session, settings.UPLOAD_MAX_BYTES = ChatSessionFactory(), 100
    fits, too_much = uploaded(b"x" * 100, "a.txt"), uploaded(b"x" * 101, "a.txt")

    services.add_attachment(session, actor=session.customer, upload=fits)
    with pytest.raises(UploadTooLarge) as refused:
        services.add_attachment(session, actor=session.customer, upload=too_much)

    assert refused.value.extra == {"max_bytes": 100}
    assert Attachment.objects.count() == 1


@pytest.mark.django_db
def test_a_refused_file_leaves_nothing():
    session = ChatSessionFactory()

    with pytest.raises(UploadRefused):
        services.add_attachment(session, actor=session.customer, upload=uploaded(b"<svg/>", "a.png"))

    assert not Attachment.objects.exists()
    assert not AuditEvent.objects.filter(action="chat:UploadFile").exists()


# Sending what was uploaded


@pytest.mark.django_db
def test_a_message_carries_the_facts_of_its_file():
    session = ChatSessionFactory()
    attachment = services.add_attachment(session, actor=session.customer, upload=uploaded())

    customer_says(
        session, "", kind="image", payload={"attachment": str(attachment.public_id), "mime": "text/html"}
    )

    assert Message.objects.get().payload == {
        "attachment": str(attachment.public_id),
        "name": "shoe.png",
        "mime": "image/png",
        "size": attachment.size,
        "width": 8,
        "height": 6,
    }


@pytest.mark.django_db
def test_the_file_of_another_chat_cannot_be_sent():
    other = ChatSessionFactory()
    attachment = services.add_attachment(other, actor=other.customer, upload=uploaded())

    with pytest.raises(Invalid):
        customer_says(ChatSessionFactory(), kind="file", payload={"attachment": str(attachment.public_id)})


@pytest.mark.django_db
def test_a_text_is_no_image():
    session = ChatSessionFactory()
    upload = uploaded(b"Order 4711", "a.txt")
    attachment = services.add_attachment(session, actor=session.customer, upload=upload)
    payload = {"attachment": str(attachment.public_id)}

    with pytest.raises(Invalid):
        customer_says(session, kind="image", payload=payload)
    assert customer_says(session, kind="file", payload=payload, ref=uuid4()).seq == 1
