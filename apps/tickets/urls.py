from django.urls import path

from apps.tickets import views

urlpatterns = [
    path("t/files/<str:signed>", views.serve_file, name="ticket-file"),
    path("t/<str:token>/", views.ticket_page, name="ticket-page"),
]
