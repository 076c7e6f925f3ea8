"""Where settings come from: the environment, then ``.env``, then the embedded servers' runtime file."""

import os
from pathlib import Path

import environ

from apps.common.embedded.runtime import recorded_urls
from apps.common.standins import recorded_standins

BASE_DIR = Path(__file__).resolve().parent.parent.parent

env = environ.Env()
_file = BASE_DIR / ".env"
if _file.exists() and not os.environ.get("DJANGO_SETTINGS_MODULE", "").endswith(".test"):
    env.read_env(_file)

DATA_DIR = (BASE_DIR / env.str("DATA_DIR", default=".data")).resolve()


def server_url(name: str, *, standard: str) -> str:
    """URL of a server: the environment's ``name``, else the embedded one's, else the ``standard`` one."""
    return env.str(name, default="") or recorded_urls(DATA_DIR).get(name, standard)


DATABASE_URL = server_url("DATABASE_URL", standard="postgresql://helpdesk@127.0.0.1:5432/helpdesk")
REDIS_URL = server_url("REDIS_URL", standard="redis://127.0.0.1:6379/0")


def redis_database(offset: int) -> str:
    """``REDIS_URL``, its database number moved by ``offset``: its users cannot flush each other."""
    base, _, number = REDIS_URL.rpartition("/")
    if not number.isdigit():
        base, number = REDIS_URL.rstrip("/"), "0"
    return f"{base}/{int(number) + offset}"


def outside(name: str, default: str = "") -> str:
    """A setting of an outside system: the environment's, else that of the stand-in which ``make up`` runs."""
    return env.str(name, default="") or recorded_standins(DATA_DIR).get(name, default)
