from django.http import FileResponse, Http404, HttpRequest

from apps.chat.files import URL_LIFE_S, attachment_id_of
from apps.chat.models import Attachment


def serve_file(request: HttpRequest, signed: str) -> FileResponse:
    """An attachment, to whoever holds a signature in force; never as a page of ours."""
    public_id = attachment_id_of(signed)
    attachment = Attachment.objects.filter(public_id=public_id).first() if public_id else None
    if attachment is None:
        raise Http404("This link is unknown or has expired.")
    response = FileResponse(
        attachment.file.open("rb"),
        as_attachment=not attachment.is_image,
        filename=attachment.name,
        content_type=attachment.mime,
    )
    response["X-Content-Type-Options"] = "nosniff"
    response["Content-Security-Policy"] = "default-src 'none'; sandbox"
    response["Cross-Origin-Resource-Policy"] = "same-origin"
    response["Cache-Control"] = f"private, max-age={URL_LIFE_S}, immutable"
    return response
