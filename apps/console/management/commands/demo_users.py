import json

from django.core.management.base import BaseCommand

from apps.console.demo import fixtures, loading


class Command(BaseCommand):
    """The sign-ins of the demo. Refused elsewhere."""

    help = "List the demo's people with their passwords, roles and queues."

    def add_arguments(self, parser):
        parser.add_argument("--json", action="store_true", help='print {"users": […]}')

    def handle(self, *args, **options):
        fixtures.require_demo()
        users = list(loading.demo_users())
        if options["json"]:
            self.stdout.write(json.dumps({"users": users}))
            return
        for user in users:
            self.stdout.write(
                f"{user['username']:<10} {user['password']:<22} {user['role']:<11} {', '.join(user['queues'])}"
            )
