"""Celery and the channel layer: both only wake what PostgreSQL already holds."""

from kombu import Queue

from helpdesk.schedule import BEAT_SCHEDULE
from helpdesk.settings.environment import env, redis_database

__all__ = [
    "CELERY_ACCEPT_CONTENT",
    "CELERY_BEAT_MAX_LOOP_INTERVAL",
    "CELERY_BEAT_SCHEDULE",
    "CELERY_BEAT_SCHEDULER",
    "CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP",
    "CELERY_BROKER_TRANSPORT_OPTIONS",
    "CELERY_BROKER_URL",
    "CELERY_ENABLE_UTC",
    "CELERY_TASK_ACKS_LATE",
    "CELERY_TASK_DEFAULT_QUEUE",
    "CELERY_TASK_IGNORE_RESULT",
    "CELERY_TASK_QUEUES",
    "CELERY_TASK_REJECT_ON_WORKER_LOST",
    "CELERY_TASK_SERIALIZER",
    "CELERY_TASK_SOFT_TIME_LIMIT",
    "CELERY_TASK_TIME_LIMIT",
    "CELERY_TIMEZONE",
    "CELERY_WORKER_CANCEL_LONG_RUNNING_TASKS_ON_CONNECTION_LOSS",
    "CELERY_WORKER_HIJACK_ROOT_LOGGER",
    "CELERY_WORKER_PREFETCH_MULTIPLIER",
    "CELERY_WORKER_SOFT_SHUTDOWN_TIMEOUT",
    "CHANNEL_LAYERS",
]

CELERY_BROKER_URL = env.str("BROKER_URL", default=redis_database(1))
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
# A task that its worker never acknowledged comes back after this long; every task ends well before it.
CELERY_BROKER_TRANSPORT_OPTIONS = {
    "visibility_timeout": 900,
    "global_keyprefix": "desk:",
    "socket_connect_timeout": 3,
    "socket_keepalive": True,
    "max_connections": 50,
}
CELERY_TASK_TIME_LIMIT = 590
CELERY_TASK_SOFT_TIME_LIMIT = 540
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_CANCEL_LONG_RUNNING_TASKS_ON_CONNECTION_LOSS = True
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
# On SIGQUIT (and SIGTERM with REMAP_SIGTERM=SIGQUIT) running tasks get this long, then go back to the queue.
CELERY_WORKER_SOFT_SHUTDOWN_TIMEOUT = env.float("WORKER_GRACE", default=3)
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_SERIALIZER = "json"
CELERY_ACCEPT_CONTENT = ["json"]
# Without a key of its own, each queue would share the default one and take every queue's tasks.
CELERY_TASK_QUEUES = [
    Queue(name, routing_key=name) for name in ("live", "default", "bulk", "carriers", "mail")
]
CELERY_TASK_DEFAULT_QUEUE = "default"
CELERY_ENABLE_UTC = True
CELERY_TIMEZONE = "UTC"
CELERY_BEAT_SCHEDULE = BEAT_SCHEDULE
CELERY_BEAT_SCHEDULER = "apps.common.beat:LeaderScheduler"
CELERY_BEAT_MAX_LOOP_INTERVAL = 5

# Pub/sub ignores database numbers, so the prefix tells installations on one server apart.
_LAYER_URL = env.str("CHANNEL_LAYER_URL", default=redis_database(2))
CHANNEL_LAYERS = {
    "default": {
        "BACKEND": "channels_redis.pubsub.RedisPubSubChannelLayer",
        "CONFIG": {
            # A wake-up that hangs would hold the thread that stores messages.
            "hosts": [
                {
                    "address": _LAYER_URL,
                    "max_connections": 500,
                    "socket_connect_timeout": 2,
                    "socket_timeout": 2,
                }
            ],
            "prefix": f"desk:{_LAYER_URL.rpartition('/')[2]}",
        },
    }
}
