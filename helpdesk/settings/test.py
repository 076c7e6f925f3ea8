"""What ``make test`` runs, on servers that the test plugin started."""

from helpdesk.settings.base import *  # noqa: F403
from helpdesk.settings.base import DATABASES
from helpdesk.settings.environment import env

SECRET_KEY = "only-for-tests-0123456789-0123456789-0123456789-0123456789"
ALLOWED_HOSTS = ["testserver", "localhost", "127.0.0.1"]
DEMO = True
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
DATABASES["default"]["OPTIONS"]["pool"]["max_size"] = env.int("DATABASE_POOL", default=24)

STATIC_ROOT = None  # served from where they are written
WHITENOISE_USE_FINDERS = True
WHITENOISE_AUTOREFRESH = True

OUTGOING_NETWORKS = ["127.0.0.0/8", "::1/128"]  # stand-ins that tests start
AUDIT_MAKES_KEY = True
