"""Served to strangers. Refuses to start where a mistake would be dangerous."""

import logging

from helpdesk.settings.base import *  # noqa: F403
from helpdesk.settings.base import OIDC, SAML, STORAGES
from helpdesk.settings.environment import env
from helpdesk.settings.parts.logs import logging_to
from helpdesk.settings.parts.refusals import refuse_plain_sign_in, refuse_unsafe

DEBUG = env.bool("DEBUG", default=False)
SECRET_KEY = env.str("SECRET_KEY", default="")
SECRET_KEY_FALLBACKS = env.list("SECRET_KEY_FALLBACKS", default=[])
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", default=[])
DEMO = env.bool("DEMO", default=False)

PUBLIC_BASE_URL = env.str("PUBLIC_BASE_URL", default=f"https://{(ALLOWED_HOSTS or ['localhost'])[0]}").rstrip(
    "/"
)

refuse_unsafe(secret_key=SECRET_KEY, debug=DEBUG, hosts=ALLOWED_HOSTS)
refuse_plain_sign_in(OIDC["issuer"], SAML["sso_url"])

CSRF_TRUSTED_ORIGINS = env.list("CSRF_TRUSTED_ORIGINS", default=[f"https://{host}" for host in ALLOWED_HOSTS])
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
SECURE_SSL_REDIRECT = env.bool("SECURE_SSL_REDIRECT", default=True)
SECURE_REDIRECT_EXEMPT = [r"^healthz$", r"^readyz$"]
SECURE_HSTS_SECONDS = env.int("SECURE_HSTS_SECONDS", default=31_536_000)
SECURE_HSTS_INCLUDE_SUBDOMAINS = True
SECURE_HSTS_PRELOAD = True
# Browsers take a cookie of such a name from this very host alone, and over TLS: a sister host cannot plant one.
SESSION_COOKIE_NAME = "__Host-sessionid"
CSRF_COOKIE_NAME = "__Host-csrftoken"
KNOWN_BROWSER_COOKIE_NAME = "__Host-known-browser"
SESSION_COOKIE_SECURE = True
CSRF_COOKIE_SECURE = True
LANGUAGE_COOKIE_SECURE = True

logging.captureWarnings(True)  # as JSON too
LOGGING = logging_to("json", level=env.str("LOG_LEVEL", default="INFO"))
STORAGES["staticfiles"] = {"BACKEND": "apps.common.staticfiles.HashedStaticFilesStorage"}
