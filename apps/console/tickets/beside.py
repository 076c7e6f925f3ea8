"""What other slices know of a ticket's customer: orders and refunds, as far as the reader may see them."""

from apps.access.models import User
from apps.customers.models import Customer
from apps.orders import selectors as orders
from apps.orders.models import Order
from apps.refunds.models import Refund
from apps.tickets.models import Ticket

ORDERS = 3
REFUNDS = 3


def orders_of_ticket(user: User, ticket: Ticket) -> list[Order]:
    """The order that the ticket names; without one the customer's newest. A fixed number of queries."""
    if ticket.order_no:
        named = Order.objects.visible_to(user).whole().filter(order_no=ticket.order_no)
        return list(named[:1])
    return orders_of(user, ticket.customer, most=ORDERS)


def orders_of(user: User, customer: Customer, *, most: int) -> list[Order]:
    """The newest of what the customer has proven to have bought."""
    visible = Order.objects.visible_to(user).values("pk")
    return list(orders.orders_of(customer).filter(pk__in=visible)[:most])


def refunds_of(user: User, customer_id: int, *, most: int = REFUNDS) -> list[Refund]:
    """The customer's newest refunds that ``user`` may read."""
    rows = Refund.objects.visible_to(user).filter(customer=customer_id)
    return list(rows.select_related("order").order_by("-pk")[:most])
