"""One machine: what ``make up`` runs. Safe to show to others, but meant for loopback."""

from apps.common.embedded.runtime import recorded_secret
from helpdesk.settings.base import *  # noqa: F403
from helpdesk.settings.environment import DATA_DIR, env

DEBUG = env.bool("DEBUG", default=False)
SECRET_KEY = env.str("SECRET_KEY", default="") or recorded_secret(DATA_DIR)
ALLOWED_HOSTS = ["localhost", ".localhost", "127.0.0.1", "[::1]", *env.list("ALLOWED_HOSTS", default=[])]
DEMO = True  # demo sign-ins may be listed

STATIC_ROOT = None  # served from where they are written
WHITENOISE_USE_FINDERS = True
WHITENOISE_AUTOREFRESH = True

AUDIT_MAKES_KEY = True
AUDIT_CHECKPOINT_FILE = env.str(
    "AUDIT_CHECKPOINT_FILE", default=str(DATA_DIR / "audit" / "checkpoints.jsonl")
)
