from django.urls import path

from apps.chat.views import serve_file

urlpatterns = [path("files/<str:signed>", serve_file, name="chat-file")]
