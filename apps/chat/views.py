from django.http import Http404, HttpRequest, HttpResponse
from django.utils.http import content_disposition_header
from django.views.decorators.http import require_safe

from apps.access import shown_files
from apps.chat.enums import SenderKind
from apps.chat.files import URL_LIFE_S, attachment_id_of, shown_id_of
from apps.chat.models import Attachment


@require_safe
def serve_file(request: HttpRequest, signed: str) -> HttpResponse:
    """An attachment, to whoever holds a signature in force; never as a page of ours.

    403 ``file_masked`` for those who see masks, unless they have uncovered it.
    """
    shown_id = shown_id_of(signed)
    public_id = shown_id or attachment_id_of(signed)
    attachment = Attachment.objects.filter(public_id=public_id).first() if public_id else None
    if attachment is None:
        raise Http404("This link is unknown or has expired.")
    if not shown_id and attachment.uploader_kind == SenderKind.CUSTOMER:
        refused = shown_files.refusal(request, "chat:ReadFile", file=public_id)
        if refused is not None:
            return refused
    response = HttpResponse(_content(attachment), content_type=attachment.mime)
    shown_as = content_disposition_header(not attachment.is_image, attachment.name)
    response["Content-Disposition"] = shown_as or "inline"
    response["X-Content-Type-Options"] = "nosniff"
    response["Content-Security-Policy"] = "default-src 'none'; sandbox"
    response["Cross-Origin-Resource-Policy"] = "same-origin"
    response["Cache-Control"] = "no-store" if shown_id else f"private, max-age={URL_LIFE_S}, immutable"
    return response


def _content(attachment: Attachment) -> bytes:
    """All of the file: uploads are small, and under ASGI a file stream would be read whole anyway."""
    try:
        with attachment.file.open("rb") as file:
            return file.read()
    except FileNotFoundError:
        raise Http404("This file is no longer kept.") from None
