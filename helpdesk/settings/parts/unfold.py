"""The admin's looks. What its menu and first page show stands in ``apps.console.admin_site``."""

from django.templatetags.static import static
from django.utils.translation import gettext_lazy as _

UNFOLD = {
    "SITE_TITLE": _("Helpdesk"),
    "SITE_HEADER": _("Helpdesk"),
    "SITE_SYMBOL": "support_agent",
    "SITE_URL": "/console/",
    "SITE_FAVICONS": [
        {"rel": "icon", "type": "image/svg+xml", "href": lambda request: static("img/console/mark.svg")}
    ],
    "SHOW_HISTORY": True,
    "SHOW_VIEW_ON_SITE": False,
    "SHOW_LANGUAGES": True,
    "BORDER_RADIUS": "6px",
    # In css/admin-theme.css: the theme would write them into each page, as inline style.
    "COLORS": lambda request: {},
    "STYLES": [lambda request: static("css/admin-theme.css"), lambda request: static("css/admin.css")],
    "SCRIPTS": [lambda request: static("js/admin/styles.js")],
    "DASHBOARD_CALLBACK": "apps.console.admin_site.dashboard",
    "SIDEBAR": {
        "show_search": True,
        "command_search": True,
        "show_all_applications": False,
        "navigation": "apps.console.admin_site.sidebar",
    },
}
