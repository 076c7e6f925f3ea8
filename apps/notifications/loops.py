"""Headers by which machines know that a machine wrote (RFC 3834 and what mail systems do in practice)."""

from django.conf import settings

DESK_ID = "X-Desk-Id"


def automatic_headers(*, opt_out: str = "", answers: bool = False) -> dict[str, str]:
    """Headers of a mail that no human wrote; ``answers`` when it answers one (an acknowledgement).

    With ``opt_out``, the address of its page, mail programs show a button for it (RFC 8058).
    """
    headers = {
        "Auto-Submitted": "auto-replied" if answers else "auto-generated",
        "X-Auto-Response-Suppress": "All",
        "Precedence": "bulk",
        DESK_ID: settings.MAIL_DOMAIN,
    }
    if opt_out:
        headers["List-Unsubscribe"] = f"<{opt_out}>"
        headers["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    return headers
