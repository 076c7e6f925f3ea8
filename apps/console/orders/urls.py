from django.urls import path

from apps.console.orders import pages, sending

urlpatterns = [
    path("orders/", pages.order_list, name="console-orders"),
    path("orders/<str:order_no>/", pages.order_page, name="console-order"),
    path("orders/<str:order_no>/refresh/", pages.refresh, name="console-order-refresh"),
    path("chats/<slug:public_id>/pick/", sending.pick, name="console-pick"),
    path("chats/<slug:public_id>/send-card/", sending.send_card, name="console-send-card"),
]
