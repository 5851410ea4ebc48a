"""The app."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class QAConfig(AppConfig):
    """Question answering."""

    name = "qa"
    verbose_name = _("Question answering")
