"""The widget's files, and the demonstration's shop page that it stands on."""

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotModified
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from qa import selectors
from qa.contrast import shades_of
from qa.services.demonstration import DEMO_SLUG
from qa.widget_build import build, store, stored_file

TYPES = {".js": "text/javascript; charset=utf-8", ".css": "text/css; charset=utf-8", ".json": "application/json"}
FOR_EVER = "public, max-age=31536000, immutable"
BRIEFLY = "public, max-age=300"
"""The loader without a hash: an update is everywhere within five minutes."""


@require_safe
def loader(request: HttpRequest) -> HttpResponse:
    """Serve the loader of now at `/widget/v1.js`."""
    if settings.DEBUG:
        build.cache_clear()
    return _serve(request, build().hash, "v1.js", BRIEFLY)


@require_safe
def built_file(request: HttpRequest, build_hash: str, name: str) -> HttpResponse:
    """Serve a file of a build, of this one or of any that this installation has served before."""
    return _serve(request, build_hash, name, FOR_EVER)


@require_safe
def demo(request: HttpRequest) -> HttpResponse:
    """Render the demonstration's shop page with its widget."""
    widget = selectors.demo_widget(DEMO_SLUG)
    if widget is None:
        raise Http404(_("The demonstration is not loaded here."))
    return render(request, "qa/widget/demo.html", {"widget": widget, "color": shades_of(widget.brand_color)[0].accent})


def _serve(request: HttpRequest, build_hash: str, name: str, cache: str) -> HttpResponse:
    folder = settings.VAR_DIR / "widget"
    if build_hash == build().hash:
        store(build(), folder)
    path = stored_file(folder, build_hash, name)
    if path is None:
        raise Http404(_("There is no build of the widget with this hash."))
    etag = f'"{build_hash}"'
    if request.headers.get("If-None-Match") == etag:
        response: HttpResponse = HttpResponseNotModified()
    else:
        is_packed = "gzip" in request.headers.get("Accept-Encoding", "")
        content = path.with_name(f"{name}.gz").read_bytes() if is_packed else path.read_bytes()
        response = HttpResponse(content, content_type=TYPES[path.suffix])
        if is_packed:
            response["Content-Encoding"] = "gzip"
    response["ETag"], response["Cache-Control"], response["Vary"] = etag, cache, "Accept-Encoding"
    # Any site may load it, also one that is isolated, and with `integrity`.
    response["Access-Control-Allow-Origin"], response["Cross-Origin-Resource-Policy"] = "*", "cross-origin"
    return response
