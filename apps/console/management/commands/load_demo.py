from django.core.management import call_command
from django.core.management.base import BaseCommand

from apps.console.demo import (
    events,
    fixtures,
    history,
    loading,
    mail,
    orders,
    refunds,
    routing,
    sops,
    tickets,
    traffic,
)


class Command(BaseCommand):
    """Load the demo shop: desk, people, knowledge, finished chats. Safe to run again."""

    help = "Load the demo: queues, agents, customers, 960 FAQs, canned replies and a few finished chats."

    def handle(self, *args, **options):
        fixtures.require_demo()
        loading.load_desk()
        mail.load_mailbox()
        loading.load_people()
        routing.load_routing()
        loading.load_canned_replies()
        events.load_event_sources()
        call_command("import_faqs", str(fixtures.FOLDER / "faqs"), stderr=self.stderr)
        sops.load_sops()
        ordered = orders.load_orders()
        played = history.load_history()
        if played:
            played += traffic.load_traffic()
        refunded = refunds.load_refunds()
        written = tickets.load_tickets() + mail.load_mail()
        self.stderr.write(
            f"Demo loaded; {ordered} orders, {refunded} refunds, {written} tickets, {played} finished chats."
        )
