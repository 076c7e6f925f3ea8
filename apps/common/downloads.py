"""Files that people sent, as browsers get them: never as a page of ours."""

from typing import Any

from django.http import Http404, HttpResponse
from django.utils.http import content_disposition_header


def download_of(attachment: Any, *, kept_s: int) -> HttpResponse:
    """The whole ``file`` of a row that also has ``name``, ``mime`` and ``is_image``; pictures are shown, others saved.

    The browser keeps it for ``kept_s`` seconds. Raises ``Http404`` when it is kept no longer.
    """
    response = HttpResponse(_content(attachment), content_type=attachment.mime)
    shown_as = content_disposition_header(not attachment.is_image, attachment.name)
    response["Content-Disposition"] = shown_as or "inline"
    response["X-Content-Type-Options"] = "nosniff"
    response["Content-Security-Policy"] = "default-src 'none'; sandbox"
    response["Cross-Origin-Resource-Policy"] = "same-origin"
    response["Cache-Control"] = f"private, max-age={kept_s}, immutable" if kept_s else "no-store"
    return response


def _content(attachment: Any) -> bytes:
    """All of the file: uploads are small, and under ASGI a file stream would be read whole anyway."""
    try:
        with attachment.file.open("rb") as file:
            return file.read()
    except (FileNotFoundError, ValueError):  # erased: the row names no file any more
        raise Http404("This file is no longer kept.") from None
