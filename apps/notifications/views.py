from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.decorators import method_decorator
from django.views import View
from django.views.decorators.csrf import csrf_exempt

from apps.notifications import selectors, services
from apps.notifications.optout import Choice, read_token


# Mail programs post here without a cookie or a token (RFC 8058); the signed address is the proof.
@method_decorator(csrf_exempt, name="dispatch")
class OptOutView(View):
    """Where the owner of an address refuses e-mail of a kind, and takes that back. A GET changes nothing."""

    def get(self, request: HttpRequest, token: str) -> HttpResponse:
        return self._page(request, _choice(token))

    def post(self, request: HttpRequest, token: str) -> HttpResponse:
        choice = _choice(token)
        if request.POST.get("again"):
            services.allow_email(choice)
        else:
            services.refuse_email(choice)
        return self._page(request, choice)

    def _page(self, request: HttpRequest, choice: Choice) -> HttpResponse:
        context = {"choice": choice, "refused": selectors.refuses(choice.address, choice.category)}
        return render(request, "notifications/opt_out.html", context)


def _choice(token: str) -> Choice:
    choice = read_token(token)
    if choice is None:
        raise Http404
    return choice
