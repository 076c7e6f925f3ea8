from rest_framework.permissions import BasePermission


class IsSignedIn(BasePermission):
    """Somebody known to the desk: an agent's cookie or a bearer token. What they may do is the services' word."""

    def has_permission(self, request, view):
        return bool(request.user and request.user.is_authenticated and request.user.is_active)


class IsPublic(BasePermission):
    """Open to the internet by intent: the view authenticates the visitor itself."""

    def has_permission(self, request, view):
        return True
