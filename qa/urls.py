"""Every path that a browser or a program can ask for."""

from django.contrib import admin
from django.urls import include, path

from qa.api import asking, review, schema, training
from qa.api import chat as chat_api
from qa.views import chat, desk, health, learning, metrics, widget

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
    path("chat/<str:key>/", chat.widget_page, name="widget-chat"),
    path("widget/v1.js", widget.loader, name="widget-loader"),
    path("widget/demo/", widget.demo, name="widget-demo"),
    path("widget/<str:build_hash>/<str:name>", widget.built_file, name="widget-file"),
    path("livez", health.livez, name="livez"),
    path("readyz", health.readyz, name="readyz"),
    path("metrics", metrics.page, name="metrics"),
    path("desk/", desk.page, name="desk"),
    path("learning/", learning.page, name="learning"),
    path("learning/models/", learning.models, name="learning-models"),
    path("learning/models/reports/<int:job_id>/", learning.report, name="training-report"),
    path("api/v1/schema/", schema.document, name="schema"),
    path("api/v1/ask", asking.ask, name="ask"),
    path("api/v1/training/", training.models, name="training"),
    path("api/v1/training/start/", training.start, name="training-start"),
    path("api/v1/training/<int:job_id>/cancel/", training.cancel, name="training-cancel"),
    path("api/v1/training/trials/<int:trial_id>/shadow/", training.start_shadow, name="shadow-start"),
    path("api/v1/training/shadow/stop/", training.end_shadow, name="shadow-stop"),
    path("api/v1/training/releases/<int:number>/restore/", training.restore, name="release-restore"),
    path("api/v1/chat/", chat_api.frames, name="chat-frames"),
    path("api/v1/chat/transcript/", chat_api.transcript, name="chat-transcript"),
    path("api/v1/review/", include(review_patterns)),
    path("admin/", admin.site.urls),
]
