from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from apps.access import shown_files
from apps.chat.enums import SenderKind
from apps.chat.files import LABEL, URL_LIFE_S, attachment_id_of
from apps.chat.models import Attachment
from apps.common.downloads import download_of


@require_safe
def serve_file(request: HttpRequest, signed: str) -> HttpResponse:
    """An attachment, to whoever holds a signature in force; never as a page of ours.

    403 ``file_masked`` for those who see masks, unless they have uncovered it.
    """
    shown_id = shown_files.id_of(signed, LABEL)
    public_id = shown_id or attachment_id_of(signed)
    attachment = Attachment.objects.filter(public_id=public_id).first() if public_id else None
    if attachment is None:
        raise Http404("This link is unknown or has expired.")
    if not shown_id and attachment.uploader_kind == SenderKind.CUSTOMER:
        refused = shown_files.refusal(request, "chat:ReadFile", file=public_id)
        if refused is not None:
            return refused
    return download_of(attachment, kept_s=0 if shown_id else URL_LIFE_S)
