from django.urls import path

from apps.console.tickets import creating, detail, listing

urlpatterns = [
    path("tickets/", listing.ticket_list, name="console-tickets"),
    path("tickets/bulk/", listing.bulk, name="console-tickets-bulk"),
    path("tickets/views/", listing.save_view, name="console-ticket-view-save"),
    path("tickets/views/new/", listing.name_view, name="console-ticket-view-new"),
    path("tickets/views/<int:pk>/delete/", listing.delete_view, name="console-ticket-view-delete"),
    path("tickets/new/", creating.new_ticket, name="console-ticket-new"),
    path("tickets/customers/", creating.customer_choices, name="console-ticket-customers"),
    path("tickets/<int:number>/", detail.ticket_page, name="console-ticket"),
    path("tickets/<int:number>/news/", detail.news, name="console-ticket-news"),
    path("tickets/<int:number>/change/", detail.change, name="console-ticket-change"),
    path("tickets/<int:number>/messages/", detail.write, name="console-ticket-write"),
]
