from apps.orders.models.orders import Order, OrderLine
from apps.orders.models.parcels import Shipment, TrackingEvent
from apps.orders.models.payments import Payment
from apps.orders.models.products import Product

__all__ = ["Order", "OrderLine", "Payment", "Product", "Shipment", "TrackingEvent"]
