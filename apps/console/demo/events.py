"""The demo's source of events: the stand-in shop."""

from django.conf import settings
from django.db import transaction

from apps.access.actors import SYSTEM
from apps.console.demo import fixtures
from apps.eventbridge import services
from apps.eventbridge.models import EventSource


@transaction.atomic
def load_event_sources() -> None:
    """Sources, with the secret that the stand-ins were started with; a shop that has changed it is followed."""
    given = settings.STANDINS["event_secret"]
    for row in fixtures.read("events")["sources"]:
        source = EventSource.objects.filter(slug=row["slug"]).first()
        if source is None:
            services.create_source(actor=SYSTEM, secret=given, **row)
        elif given and given != source.secret:
            services.rotate_secret(source, actor=SYSTEM, secret=given)
