from django.db.models.signals import post_migrate

from apps.access import services
from apps.access.policies.builtin import sync_system_policies


def sync_roles(sender, **kwargs):
    """After the tables of ``access`` exist, the system roles do too."""
    services.sync_system_roles()


post_migrate.connect(sync_roles, dispatch_uid="access.sync_roles")


def sync_policies(sender, apps, **kwargs):
    """The same for the policies that come with the desk, once; not after going back to before there were any."""
    if sender.name == "apps.access" and "policyversion" in apps.all_models["access"]:
        sync_system_policies()


post_migrate.connect(sync_policies, dispatch_uid="access.sync_policies")
