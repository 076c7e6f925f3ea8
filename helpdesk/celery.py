"""The Celery application; its settings are the ``CELERY_*`` ones, its clockwork is ``helpdesk.schedule``."""

import os

from celery import Celery

from apps.common import last_resort, task_context  # noqa: F401 – they listen to Celery's signals

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "helpdesk.settings.production")

app = Celery("helpdesk")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
