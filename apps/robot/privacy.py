"""What the robot keeps of customers: numbers of orders, which stay as the shop's own do, and figures rest on them."""

from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from apps.customers.privacy.registry import DataKind, Rows, register
from apps.robot.models import RobotFlow

# ``RobotTurn.matched`` is a question of the knowledge base, not the customer's.
register(
    DataKind(
        slug="robot.flows",
        name=_("Questions to the robot about orders"),
        owner=RobotFlow,
        belongs=lambda subject: Q(session__customer=subject.customer_id),
        rows=(Rows(RobotFlow, told=("session__public_id", "kind", "order_no", "updated_at")),),
    ),
)
