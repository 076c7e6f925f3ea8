from django_filters import rest_framework as filters
from drf_spectacular.utils import extend_schema
from rest_framework import viewsets
from rest_framework.response import Response

from apps.audit.api.reading import RecordedReads
from apps.chat.api.visitor import SessionView
from apps.surveys import services
from apps.surveys.api.serializers import RatedSerializer, RateInput, SurveySerializer
from apps.surveys.models import Survey
from apps.surveys.permissions import SurveyAction


class SurveyFilter(filters.FilterSet):
    """``answered_after`` and ``answered_before`` take instants."""

    answered_after = filters.IsoDateTimeFilter(field_name="answered_at", lookup_expr="gte")
    answered_before = filters.IsoDateTimeFilter(field_name="answered_at", lookup_expr="lt")

    class Meta:
        model = Survey
        fields = ["state", "score", "agent", "queue"]


class SurveyViewSet(RecordedReads, viewsets.ReadOnlyModelViewSet):
    """Ratings of the chats that you may see, the newest first."""

    reads_as = SurveyAction.READ
    queryset = Survey.objects.none()
    serializer_class = SurveySerializer
    filterset_class = SurveyFilter

    def get_queryset(self):
        return Survey.objects.visible_to(self.request.user).select_related("session", "agent", "queue")


class RateView(SessionView):
    """The customer rates the chat that has ended."""

    @extend_schema(operation_id="visitor_rate", request=RateInput, responses={201: RatedSerializer})
    def post(self, request, session_id):
        body = RateInput(data=request.data)
        body.is_valid(raise_exception=True)
        survey = services.answer_survey(request.auth, actor=request.user, **body.validated_data)
        stored = {"session": request.auth.public_id, "score": survey.score, "comment": survey.comment}
        return Response(RatedSerializer(stored).data, status=201)
