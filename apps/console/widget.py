"""The widget's three addresses: the script for the shop's page, the page inside its iframe, that page's files."""

from django.http import Http404, HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.urls import path, reverse
from django.utils.cache import patch_vary_headers
from django.views.decorators.clickjacking import xframe_options_exempt
from django.views.decorators.http import require_safe

from apps.console.widget_files import WidgetFile, widget_files, zipped
from apps.inboxes.embedding import allowed_origins

LOADER_AGE_S = 600  # shops embed one address for ever, so a new loader arrives within ten minutes
FOR_EVER = "public, max-age=31536000, immutable"
HTML = "text/html; charset=utf-8"
THEMES = ("auto", "light", "dark")


@require_safe
def loader(request: HttpRequest) -> HttpResponse:
    """``/widget.js``: what a shop embeds."""
    response = _send(request, widget_files().files["loader.js"])
    response["Cache-Control"] = f"public, max-age={LOADER_AGE_S}"
    response["Cross-Origin-Resource-Policy"] = "cross-origin"
    return response


@require_safe
@xframe_options_exempt  # frame-ancestors says who may
def frame(request: HttpRequest) -> HttpResponse:
    """``/widget/?inbox=…&locale=…&theme=…``: the chat itself. Who may frame it, the inbox says."""
    if request.GET.get("inbox", "web") not in allowed_origins():
        raise Http404("There is no such inbox.")
    files = widget_files()
    language = "zh-hans" if request.GET.get("locale", "").lower().startswith("zh") else "en"
    theme = request.GET.get("theme", "")
    context = {
        "language": language,
        "theme": theme if theme in THEMES else "auto",
        "style": reverse("widget-file", args=[files.version, "widget.css"]),
        "script": reverse("widget-file", args=[files.version, f"widget-{language}.js"]),
    }
    page = render_to_string("widget/frame.html", context, request).encode()
    response = _send(request, WidgetFile(page, zipped(page), HTML))
    response["Cache-Control"] = "no-cache"
    return response


@require_safe
def file(request: HttpRequest, version: str, name: str) -> HttpResponse:
    """One script or style. An old ``version`` still gets the present file, but may not keep it."""
    files = widget_files()
    if name not in files.files:
        raise Http404("There is no such file.")
    response = _send(request, files.files[name])
    response["Cache-Control"] = FOR_EVER if version == files.version else "no-cache"
    return response


def _send(request: HttpRequest, sent: WidgetFile) -> HttpResponse:
    small = "gzip" in request.headers.get("Accept-Encoding", "")
    response = HttpResponse(sent.compressed if small else sent.content, content_type=sent.content_type)
    if small:
        response["Content-Encoding"] = "gzip"
    patch_vary_headers(response, ["Accept-Encoding"])
    return response


urlpatterns = [
    path("widget.js", loader, name="widget-loader"),
    path("widget/", frame, name="widget"),
    path("widget/files/<slug:version>/<str:name>", file, name="widget-file"),
]
