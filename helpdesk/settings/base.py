"""What every installation shares. Each name that an operator may set is listed in ``.env.example``."""

from typing import Any

from django.utils.translation import gettext_lazy as _

from helpdesk.settings.environment import BASE_DIR, DATA_DIR, DATABASE_URL, env, redis_database
from helpdesk.settings.parts.api import *  # noqa: F403
from helpdesk.settings.parts.audit import *  # noqa: F403
from helpdesk.settings.parts.chat import *  # noqa: F403
from helpdesk.settings.parts.integrations import *  # noqa: F403
from helpdesk.settings.parts.knowledge import *  # noqa: F403
from helpdesk.settings.parts.logs import logging_to
from helpdesk.settings.parts.privacy import *  # noqa: F403
from helpdesk.settings.parts.security import *  # noqa: F403
from helpdesk.settings.parts.signin import *  # noqa: F403
from helpdesk.settings.parts.tasks import *  # noqa: F403
from helpdesk.settings.parts.unfold import *  # noqa: F403

DEBUG = False
LOGGING = logging_to("readable", level=env.str("LOG_LEVEL", default="INFO"))

INSTALLED_APPS = [
    "unfold",
    "unfold.contrib.filters",
    "unfold.contrib.forms",
    "unfold.contrib.import_export",
    "unfold.contrib.guardian",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "django.contrib.postgres",
    "rest_framework",
    "django_filters",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "channels",
    "guardian",
    "django_htmx",
    "import_export",
    "allauth",
    "allauth.account",
    "allauth.socialaccount",
    "allauth.socialaccount.providers.openid_connect",
    "allauth.socialaccount.providers.saml",
    "allauth.mfa",
    # The desk, lowest first: an app imports only from those above it.
    "apps.common",
    "apps.access",
    "apps.audit",
    "apps.customers",
    "apps.inboxes",
    "apps.notifications",
    "apps.eventbridge",
    "apps.routing",
    "apps.knowledge",
    "apps.orders",
    "apps.chat",
    "apps.robot",
    "apps.surveys",
    "apps.tickets",
    "apps.refunds",
    "apps.monitoring",
    "apps.console",
]

MIDDLEWARE = [
    "apps.common.security.SecurityHeadersMiddleware",
    "apps.common.health.HealthMiddleware",
    "apps.common.context.RequestContextMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "apps.common.staticfiles.StaticFilesMiddleware",
    "apps.inboxes.middleware.EmbeddingMiddleware",
    "apps.common.plain.PlainAddressMiddleware",
    "apps.access.signin.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "apps.common.replica.ReplicaMiddleware",
    "apps.access.signin.middleware.SignInMiddleware",
    "apps.access.middleware.PreferencesMiddleware",
    "apps.access.partner_middleware.PartnerDoorMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "apps.common.refusals.RefusalMiddleware",
    "apps.access.partner_middleware.MaskingMiddleware",  # innermost: it looks at what the views have made
]

ROOT_URLCONF = "helpdesk.urls"
ASGI_APPLICATION = "helpdesk.asgi.application"
WSGI_APPLICATION = "helpdesk.wsgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.template.context_processors.i18n",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ]
        },
    }
]


def _database(url: str) -> dict[str, Any]:
    """How the desk connects to ``url``; what stands in its query counts."""
    parsed = env.db_url_config(url)
    options = {
        # Bounded, per process: without it an ASGI process opens one connection per request in flight.
        "pool": {"min_size": 1, "max_size": env.int("DATABASE_POOL", default=8), "timeout": 5},
        "application_name": "helpdesk",
        # A host that died after it took a query is noticed in 5 s; the system's own standard is two hours.
        "keepalives_idle": 2,
        "keepalives_interval": 1,
        "keepalives_count": 3,
    }
    return {
        **parsed,
        "CONN_MAX_AGE": 0,
        "CONN_HEALTH_CHECKS": True,  # a connection that died in the pool is replaced, not handed out
        "ATOMIC_REQUESTS": False,
        "OPTIONS": options | parsed.get("OPTIONS", {}),
    }


DATABASES = {"default": _database(DATABASE_URL)}
# A read-only copy for look-ups, lists and searches; see apps/common/replica.py for what goes there.
REPLICA_DATABASE_URL = env.str("REPLICA_DATABASE_URL", default="")
if REPLICA_DATABASE_URL:
    DATABASES["replica"] = _database(REPLICA_DATABASE_URL)
DATABASE_ROUTERS = ["apps.common.replica.ReplicaRouter"]
REPLICA_APPS = frozenset({"orders", "knowledge"})  # nothing that follows live news
REPLICA_PIN_S = env.int("REPLICA_PIN_S", default=10)  # the most that the replica may be behind
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.redis.RedisCache",
        "LOCATION": env.str("CACHE_URL", default=redis_database(0)),
        "KEY_PREFIX": "desk",
        "OPTIONS": {"socket_connect_timeout": 2, "socket_timeout": 2, "max_connections": 50},
    }
}

TRUSTED_PROXIES = env.int("TRUSTED_PROXIES", default=0)

KNOWN_BROWSER_COOKIE_NAME = "known-browser"
LANGUAGE_CODE = "en"
LANGUAGES = [("en", _("English")), ("zh-hans", _("简体中文"))]
LOCALE_PATHS = [BASE_DIR / "helpdesk" / "locale"]
USE_I18N = True
USE_TZ = True
TIME_ZONE = "UTC"

STATIC_URL = "/static/"
STATIC_ROOT = env.path("STATIC_ROOT", default=str(BASE_DIR / "staticfiles"))
STATICFILES_DIRS = [BASE_DIR / "static"]

# Attachments stay outside the web root: only signed, expiring addresses lead to them.
STORAGES = {
    "default": {
        "BACKEND": "django.core.files.storage.FileSystemStorage",
        "OPTIONS": {"location": DATA_DIR / "media", "base_url": None},
    },
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
FILE_UPLOAD_PERMISSIONS = 0o600

# Threads for the ORM of async code; fewer than the pool, so that HTTP finds a connection too.
DB_THREADS = env.int("DB_THREADS", default=6)
