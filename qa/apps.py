"""The app."""

from django.apps import AppConfig


class QAConfig(AppConfig):
    """Question answering."""

    name = "qa"
    verbose_name = "Hangjia"
