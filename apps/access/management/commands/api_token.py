import json

from django.core.management.base import BaseCommand, CommandError

from apps.access.actors import SYSTEM
from apps.access.models import User
from apps.access.services import create_token
from apps.common.errors import DomainError


class Command(BaseCommand):
    """Prints a new bearer token of a user, for the REST API and the agent socket's ``hello``."""

    help = "Make an API token for a user and print it (it cannot be shown again)."

    def add_arguments(self, parser):
        parser.add_argument("username")
        parser.add_argument("--days", type=int, default=30, help="life of the token (default 30)")
        parser.add_argument("--name", default="command line")
        parser.add_argument("--json", action="store_true", help='print {"token": …}')

    def handle(self, *args, username, days, name, json: bool = False, **options):
        user = User.objects.filter(username=username, is_active=True).first()
        if user is None:
            raise CommandError(f"There is no active user {username!r}.", returncode=2)
        try:
            token = create_token(user, actor=SYSTEM, name=name, days=days)
        except DomainError as error:
            raise CommandError(error.detail, returncode=2) from error
        self.stdout.write(_as_json(token) if json else token)


def _as_json(token: str) -> str:
    return json.dumps({"token": token})
