from apps.orders.models.orders import Order, OrderLine
from apps.orders.models.parcels import Shipment, TrackingEvent
from apps.orders.models.payments import Payment
from apps.orders.models.products import Product
from apps.orders.models.subscriptions import ParcelSubscription

__all__ = ["Order", "OrderLine", "ParcelSubscription", "Payment", "Product", "Shipment", "TrackingEvent"]
