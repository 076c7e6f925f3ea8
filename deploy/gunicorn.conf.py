"""HTTP workers: threads, because a request waits for PostgreSQL most of the time."""

import os

from helpdesk.settings.parts.logs import logging_to

worker_class = "gthread"
workers = int(os.environ.get("WEB_WORKERS", "2"))
threads = int(os.environ.get("WEB_THREADS", "8"))  # as many as the database pool has connections
timeout = 60
graceful_timeout = 25
keepalive = 75  # longer than the proxy's, so that the proxy closes first
max_requests = 20_000
max_requests_jitter = 2_000
worker_tmp_dir = "/dev/shm"  # heartbeats of workers must not wait for a disk

# Gunicorn's own loggers pass nothing on, so they are named.
logconfig_dict = logging_to("json")
logconfig_dict["loggers"]["gunicorn.error"] = {"handlers": ["stderr"], "level": "INFO", "propagate": False}
