"""The operators' pages under /admin/, a module for each of their subjects; importing one registers its pages."""

from django.contrib import admin
from django.utils.translation import gettext_lazy

from qa.admin import access, conversations, desk, knowledge, learning, terms, widgets  # noqa: F401  # each registers its pages

admin.site.site_header = gettext_lazy("Hangjia operators")
admin.site.site_title = "Hangjia"
admin.site.index_title = gettext_lazy("Overview")
