"""Every socket path."""

from django.urls import path

from qa.consumers import ChatConsumer

websocket_urlpatterns = [path("ws/chat/", ChatConsumer.as_asgi())]
