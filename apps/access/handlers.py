from django.db.models.signals import post_migrate

from apps.access import services


def sync_roles(sender, **kwargs):
    """After the tables of ``access`` exist, the system roles do too."""
    services.sync_system_roles()


post_migrate.connect(sync_roles, dispatch_uid="access.sync_roles")
