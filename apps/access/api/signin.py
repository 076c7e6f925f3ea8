"""Who is signed in and who is locked out, over REST."""

from drf_spectacular.utils import extend_schema
from rest_framework import mixins, serializers, viewsets
from rest_framework.decorators import action
from rest_framework.response import Response
from rest_framework.status import HTTP_204_NO_CONTENT

from apps.access.api.managing import Managed
from apps.access.models import LockOut, User, WebSession
from apps.access.signin import factors, links, lockout, sessions


class WebSessionSerializer(serializers.ModelSerializer):
    """A browser in which somebody is signed in."""

    user_name = serializers.CharField(source="user.actor_label", read_only=True)

    class Meta:
        model = WebSession
        fields = [
            "id",
            "user",
            "user_name",
            "method",
            "mfa",
            "ip",
            "user_agent",
            "started_at",
            "last_seen_at",
        ]
        read_only_fields = fields


class LockOutSerializer(serializers.ModelSerializer):
    """Failures as one name from one address; an empty name: with any name from there.

    The address `*` stands for all browsers in which nobody of that name got in before, other texts for one in which
    somebody did.
    """

    class Meta:
        model = LockOut
        fields = ["id", "name", "ip", "failures", "since", "until"]
        read_only_fields = fields


class WebSessionViewSet(Managed, mixins.ListModelMixin, mixins.RetrieveModelMixin, viewsets.GenericViewSet):
    """Browsers in which somebody is signed in."""

    queryset = WebSession.objects.select_related("user")
    serializer_class = WebSessionSerializer
    filterset_fields = ["user"]

    def destroy(self, request, pk):
        """Sign the browser out; its sockets close within five seconds."""
        sessions.end_session(self.get_object(), actor=request.user)
        return Response(status=HTTP_204_NO_CONTENT)


class LockOutViewSet(Managed, mixins.ListModelMixin, mixins.RetrieveModelMixin, viewsets.GenericViewSet):
    """Names and addresses that failed to sign in; those with `until` ahead have to wait."""

    queryset = LockOut.objects.all()
    serializer_class = LockOutSerializer
    filterset_fields = ["name", "ip"]

    def destroy(self, request, pk):
        """Let them try again at once."""
        lockout.unlock(self.get_object(), actor=request.user)
        return Response(status=HTTP_204_NO_CONTENT)


class SignInViewSet(Managed, viewsets.GenericViewSet):
    """What a manager does when somebody cannot get in, or should not be in any more."""

    queryset = User.objects.filter(is_api_client=False)
    serializer_class = serializers.Serializer

    @extend_schema(request=None, responses={204: None})
    @action(detail=True, methods=["post"])
    def invite(self, request, pk):
        """Mail the link by which they choose a password. It works once, for some hours."""
        links.invite(self.get_object(), actor=request.user)
        return Response(status=HTTP_204_NO_CONTENT)

    @extend_schema(request=None, responses={204: None})
    @action(detail=True, methods=["post"], url_path="sign-out")
    def sign_out(self, request, pk):
        """Sign them out everywhere."""
        sessions.end_all(self.get_object(), actor=request.user, why="by a manager")
        return Response(status=HTTP_204_NO_CONTENT)

    @extend_schema(request=None, responses={204: None})
    @action(detail=True, methods=["post"], url_path="reset-factors")
    def reset_factors(self, request, pk):
        """Remove all their second factors: they lost them. They are signed out everywhere."""
        factors.reset_factors(self.get_object(), actor=request.user)
        return Response(status=HTTP_204_NO_CONTENT)
