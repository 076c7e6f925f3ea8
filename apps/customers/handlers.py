from django.apps import apps
from django.db.models.signals import post_migrate

from apps.common.events import subscribe
from apps.customers import personal, tasks
from apps.customers.events import ErasureConfirmed, ExportRequested, PurgeStarted
from apps.customers.privacy import own, retention

__all__ = ["own", "personal"]  # what this app itself holds is registered by its import


@subscribe(PurgeStarted)
def purge(event: PurgeStarted) -> None:
    tasks.purge.apply_async((event.run_id,), queue="bulk")


@subscribe(ExportRequested)
def build_export(event: ExportRequested) -> None:
    tasks.build_export.apply_async((event.export_id,), queue="bulk")


@subscribe(ErasureConfirmed)
def erase(event: ErasureConfirmed) -> None:
    tasks.erase.apply_async((event.erasure_id,), queue="bulk")


def sync_rules(sender, **kwargs):
    """After the tables exist, every kind of data that can go by age has its rule."""
    retention.sync_rules()


post_migrate.connect(sync_rules, sender=apps.get_app_config("customers"), dispatch_uid="customers.sync_rules")
