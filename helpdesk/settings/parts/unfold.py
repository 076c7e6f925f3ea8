"""The admin's looks. What its menu and first page show stands in ``apps.console.admin_site``."""

from django.templatetags.static import static
from django.utils.translation import gettext_lazy as _

# The accent of ``static/css/tokens.css`` and its shades.
INDIGO = {
    "50": "#f6f6fe",
    "100": "#eeeffd",
    "200": "#dcddfa",
    "300": "#c7c9f6",
    "400": "#9d9ff0",
    "500": "#7374e6",
    "600": "#4d4bd8",
    "700": "#403db8",
    "800": "#363394",
    "900": "#2c2a77",
    "950": "#1b1a4b",
}

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
    "COLORS": {"primary": INDIGO},
    "STYLES": [lambda request: static("css/admin.css")],
    "DASHBOARD_CALLBACK": "apps.console.admin_site.dashboard",
    "SIDEBAR": {
        "show_search": True,
        "command_search": True,
        "show_all_applications": False,
        "navigation": "apps.console.admin_site.sidebar",
    },
}
