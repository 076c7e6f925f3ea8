from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone, translation
from django.views import View

from apps.common.errors import DomainError
from apps.surveys import services
from apps.surveys.enums import SurveyState
from apps.surveys.forms import RatingForm
from apps.surveys.models import Survey


class RatingView(View):
    """The page that an invitation leads to. Whoever has the link may rate; a GET changes nothing."""

    def get(self, request: HttpRequest, token: str) -> HttpResponse:
        return self._page(request, _survey(token), RatingForm(initial=request.GET.dict()))

    def post(self, request: HttpRequest, token: str) -> HttpResponse:
        survey, form = _survey(token), RatingForm(request.POST)
        if not form.is_valid():
            return self._page(request, survey, form, status=422)
        try:
            services.answer_by_token(token, **form.cleaned_data)
        except DomainError as error:
            return self._page(request, survey, form, refusal=error.detail, status=409)
        survey.refresh_from_db()
        return self._page(request, survey, form)

    def _page(
        self, request: HttpRequest, survey: Survey, form: RatingForm, *, refusal: str = "", status: int = 200
    ) -> HttpResponse:
        context = {
            "survey": survey,
            "form": form,
            "refusal": refusal,
            "is_over": survey.state == SurveyState.EXPIRED or survey.expires_at <= timezone.now(),
        }
        with translation.override(_language(survey)):
            return render(request, "surveys/rate.html", context, status=status)


def _survey(token: str) -> Survey:
    """The survey with this token. Raises ``Http404``."""
    rows = Survey.objects.select_related("session__customer", "session__inbox", "agent")
    survey = rows.filter(token=token).first()
    if survey is None:
        raise Http404
    return survey


def _language(survey: Survey) -> str:
    """The language of the chat that is rated."""
    return "zh-hans" if survey.session.locale.lower().startswith("zh") else "en"
