"""`/api/v1/schema/`: what the API is, for programs that read OpenAPI."""

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.http import require_safe

from qa.api.openapi import DOCUMENT


@require_safe
def document(_request: HttpRequest) -> HttpResponse:
    """Answer with the document; it holds nothing that is secret."""
    return JsonResponse(DOCUMENT)
