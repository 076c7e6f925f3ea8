from drf_spectacular.utils import extend_schema
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.access import services
from apps.access.api.serializers import MeSerializer


class MeView(APIView):
    """Who am I, and what may I do?"""

    @extend_schema(operation_id="me", responses=MeSerializer)
    def get(self, request):
        request.user.actions = sorted(services.actions_of(request.user))
        return Response(MeSerializer(request.user).data)
