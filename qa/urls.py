"""Every path that a browser or a program can ask for."""

from django.contrib import admin
from django.urls import include, path

from qa.api import review
from qa.views import chat, health, learning

review_patterns = [
    path("", review.queue, name="review-queue"),
    path("entries/", review.entries, name="review-entries"),
    path("propose/", review.propose, name="review-propose"),
    path("<int:item_id>/decision/", review.decision, name="review-decision"),
    path("<int:item_id>/undo/", review.undo, name="review-undo"),
    path("<int:item_id>/phrasing/", review.phrasing, name="review-phrasing"),
]

urlpatterns = [
    path("", chat.page, name="chat"),
    path("livez", health.livez, name="livez"),
    path("readyz", health.readyz, name="readyz"),
    path("learning/", learning.page, name="learning"),
    path("api/v1/review/", include(review_patterns)),
    path("admin/", admin.site.urls),
]
