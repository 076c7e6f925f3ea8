from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_POST
from django.views.i18n import set_language

from apps.access.preferences import choose_locale, known_locale


@require_POST
def choose_language(request: HttpRequest) -> HttpResponse:
    """Django's ``set_language`` of the browser; who is signed in keeps the choice on other browsers, too."""
    locale = request.POST.get("language", "")
    if request.user.is_authenticated and locale == known_locale(locale):
        choose_locale(request.user, actor=request.user, locale=locale)
    return set_language(request)
