"""HTTP for gunicorn: ``helpdesk.wsgi:application``."""

import os

from django.core.wsgi import get_wsgi_application

from apps.common.proxies import TrustedProxiesWsgi

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "helpdesk.settings.production")

application = TrustedProxiesWsgi(get_wsgi_application())
