"""The admin's looks."""

from django.utils.translation import gettext_lazy as _

UNFOLD = {
    "SITE_TITLE": _("Helpdesk"),
    "SITE_HEADER": _("Helpdesk"),
    "SITE_SYMBOL": "support_agent",
    "SITE_URL": "/console/",
    "SHOW_HISTORY": True,
    "SHOW_VIEW_ON_SITE": False,
}
