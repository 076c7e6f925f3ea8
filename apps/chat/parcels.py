"""What a visitor may see of parcels: those of their own orders, and those that the desk has shown them in this chat."""

from apps.chat.enums import MessageKind, SenderKind
from apps.chat.models import ChatSession, Message
from apps.common.errors import NotFound
from apps.orders.models import Shipment

DESK = (SenderKind.AGENT, SenderKind.BOT)


def visible_parcel(session: ChatSession, parcel_id: int) -> Shipment:
    """The parcel with its scans loaded. Raises ``NotFound``, also for one that is somebody else's.

    An order's card is shown by the robot to who has proven to be the buyer, by agents to whom they have asked; what
    customers wrote into a card themselves opens nothing.
    """
    parcel = Shipment.objects.select_related("order").filter(pk=parcel_id).prefetch_related("events").first()
    if parcel is None or not (_own(session, parcel) or _shown(session, parcel)):
        raise NotFound()
    return parcel


def _own(session: ChatSession, parcel: Shipment) -> bool:
    return parcel.order.customer_id is not None and parcel.order.customer_id == session.customer_id


def _shown(session: ChatSession, parcel: Shipment) -> bool:
    cards = Message.objects.filter(
        session=session, kind=MessageKind.ORDER_CARD, sender_kind__in=DESK, internal=False, recalled_by=None
    )
    return cards.filter(payload__parcels__contains=[{"id": parcel.pk}]).exists()
