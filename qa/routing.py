"""Every socket path."""

from django.urls import path

from qa.consumers import ChatConsumer
from qa.desk_consumer import DeskConsumer

websocket_urlpatterns = [path("ws/chat/", ChatConsumer.as_asgi()), path("ws/desk/", DeskConsumer.as_asgi())]
