"""Every path that a browser or a program can ask for."""

from django.contrib import admin
from django.urls import path

from qa.views import chat, health

urlpatterns = [
    path("", chat.page, name="chat"),
    path("livez", health.livez, name="livez"),
    path("readyz", health.readyz, name="readyz"),
    path("admin/", admin.site.urls),
]
