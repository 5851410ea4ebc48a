"""The support widget: where it may stand, how it looks and speaks, when people are there, and who its visitors are."""

import re
import secrets
from typing import ClassVar

from django.core.exceptions import ValidationError
from django.core.validators import RegexValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from qa.models.knowledge import KnowledgeBase
from qa.opening import HoursUnreadable, parse_holidays, parse_hours, parse_time_zone
from qa.origins import parse_origin


def new_widget_key() -> str:
    """Return a fresh public key, 16 URL-safe characters; it names a widget and is no secret."""
    return secrets.token_urlsafe(12)


def new_identity_secret() -> str:
    """Return a fresh secret, 32 random bytes in URL-safe base64; a shop signs its visitors' identity with it."""
    return secrets.token_urlsafe(32)


def validate_origins(lines: str) -> None:
    """Refuse lines that are no full origins, in words; for forms."""
    for line in lines.split():
        if parse_origin(line) is None:
            words = _("“%(line)s” is no origin. Write scheme, host and port, such as https://shop.example.")
            raise ValidationError(words, params={"line": line})


def validate_hours(lines: str) -> None:
    """Refuse opening hours that can't be read, in words; for forms."""
    try:
        parse_hours(lines)
    except HoursUnreadable as error:
        raise ValidationError(error.user_message) from error


def validate_holidays(lines: str) -> None:
    """Refuse holidays that can't be read, in words; for forms."""
    try:
        parse_holidays(lines)
    except HoursUnreadable as error:
        raise ValidationError(error.user_message) from error


def validate_time_zone(name: str) -> None:
    """Refuse an unknown time zone, in words; for forms."""
    try:
        parse_time_zone(name)
    except HoursUnreadable as error:
        raise ValidationError(error.user_message) from error


class Widget(models.Model):
    """A chat that a company puts on its own pages."""

    class Theme(models.TextChoices):
        """Light, dark, or as the visitor's system is."""

        AUTO = "auto", _("as the visitor's system")
        LIGHT = "light", _("light")
        DARK = "dark", _("dark")

    class Locale(models.TextChoices):
        """The language of the widget's own words."""

        AUTO = "auto", _("as the visitor's browser")
        SIMPLIFIED = "zh-Hans", "简体中文"
        TRADITIONAL = "zh-Hant", "繁體中文"
        ENGLISH = "en", "English"

    class Side(models.TextChoices):
        """Which corner the launcher stands in."""

        RIGHT = "right", _("right")
        LEFT = "left", _("left")

    key = models.CharField(_("key"), max_length=32, unique=True, default=new_widget_key, editable=False)
    name = models.CharField(_("name"), max_length=200, help_text=_("For you; customers don't see it."))
    knowledge_base = models.ForeignKey(
        KnowledgeBase, models.PROTECT, verbose_name=_("knowledge base"), related_name="widgets"
    )
    is_active = models.BooleanField(_("active"), default=True)
    origins = models.TextField(
        _("origins"),
        blank=True,
        validators=[validate_origins],
        help_text=_(
            "Pages that may show it: one full origin a line, such as https://shop.example or http://localhost:8080."
        ),
    )
    title_zh = models.CharField(_("title in Chinese"), max_length=100, blank=True)
    title_en = models.CharField(_("title in English"), max_length=100, blank=True)
    greeting_zh = models.CharField(_("greeting in Chinese"), max_length=300, blank=True)
    greeting_en = models.CharField(_("greeting in English"), max_length=300, blank=True)
    brand_color = models.CharField(
        _("brand colour"),
        max_length=7,
        default="#0b6e99",
        validators=[RegexValidator(re.compile(r"\A#[0-9a-fA-F]{6}\Z"), _("Write a colour as #rrggbb."))],
    )
    theme = models.CharField(_("theme"), max_length=8, choices=Theme.choices, default=Theme.AUTO)
    locale = models.CharField(_("language"), max_length=8, choices=Locale.choices, default=Locale.AUTO)
    side = models.CharField(_("corner"), max_length=8, choices=Side.choices, default=Side.RIGHT)
    time_zone = models.CharField(
        _("time zone"), max_length=64, default="Asia/Shanghai", validators=[validate_time_zone]
    )
    hours = models.TextField(
        _("opening hours"),
        blank=True,
        validators=[validate_hours],
        help_text=_("When people answer: lines such as mon-fri 09:00-12:00, 13:30-18:00. Empty: always."),
    )
    holidays = models.TextField(
        _("holidays"),
        blank=True,
        validators=[validate_holidays],
        help_text=_(
            "Lines such as 2026-10-01..2026-10-07 国庆节 (closed), or 2026-10-10 09:00-12:00 (other hours on that day)."
        ),
    )
    asks_contact = models.BooleanField(
        _("asks for name and contact first"), default=False, help_text=_("A short form before the first question.")
    )
    identity_secret = models.CharField(max_length=64, default=new_identity_secret, editable=False)
    requires_identity = models.BooleanField(
        _("signed-in visitors only"),
        default=False,
        help_text=_("Refuses visitors whose identity your site has not signed."),
    )
    created_at = models.DateTimeField(_("created at"), auto_now_add=True)
    updated_at = models.DateTimeField(_("updated at"), auto_now=True)

    class Meta:
        verbose_name = _("widget")
        verbose_name_plural = _("widgets")
        ordering: ClassVar = ["name"]

    def __str__(self) -> str:
        return self.name

    @property
    def origin_list(self) -> list[str]:
        """The full origins whose pages may show it."""
        return self.origins.split()


class Visitor(models.Model):
    """A customer whom the page around a widget has vouched for."""

    widget = models.ForeignKey(Widget, models.CASCADE, verbose_name=_("widget"), related_name="visitors")
    external_id = models.CharField(_("id on the site"), max_length=128)
    name = models.CharField(_("name"), max_length=200, blank=True)
    email = models.CharField(_("e-mail"), max_length=254, blank=True)
    attributes = models.JSONField(_("attributes"), default=dict, blank=True)
    created_at = models.DateTimeField(_("created at"), auto_now_add=True)
    updated_at = models.DateTimeField(_("updated at"), auto_now=True)

    class Meta:
        verbose_name = _("visitor")
        verbose_name_plural = _("visitors")
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["widget", "external_id"], name="visitor_external_id_unique")
        ]

    def __str__(self) -> str:
        return self.name or self.external_id
