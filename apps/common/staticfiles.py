"""Static files: hashed names in production, and answers that suit every server."""

from django.http import HttpRequest, HttpResponse
from whitenoise.middleware import WhiteNoiseMiddleware
from whitenoise.storage import CompressedManifestStaticFilesStorage


class HashedStaticFilesStorage(CompressedManifestStaticFilesStorage):
    """Names with content hashes, cacheable for ever; ``import`` lines of our ES modules are renamed too."""

    support_js_module_import_aggregation = True
    # In our own scripts alone: bundles of others quote imports that lead nowhere.
    _js_module_import_aggregation_patterns = (
        "js/*.js",
        CompressedManifestStaticFilesStorage._js_module_import_aggregation_patterns[1],
    )


class StaticFilesMiddleware(WhiteNoiseMiddleware):
    """WhiteNoise without streaming: under ASGI Django would collect the pieces in another thread, with a warning."""

    @staticmethod
    def serve(static_file, request: HttpRequest) -> HttpResponse:
        """The file as one answer; static files are small."""
        answer = static_file.get_response(request.method, request.META)
        response = HttpResponse(status=int(answer.status))
        del response["Content-Type"]
        for name, value in answer.headers:
            response[name] = value
        if answer.file is not None:
            with answer.file:
                response.content = answer.file.read()
        return response
