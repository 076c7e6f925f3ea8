from typing import Any

from allauth.account.internal.flows.login import get_authentication_records
from allauth.mfa.stages import AuthenticateStage
from django.http import HttpRequest
from django.shortcuts import redirect


class SecondFactorStage(AuthenticateStage):
    """After the password: who has a second factor shows it. A provider that asked for one itself is believed."""

    urlname = "second-factor"

    def handle(self) -> tuple[Any, bool]:
        if not self._should_handle(self.request):
            return None, True
        self.state["authentication_required"] = True
        return redirect("second-factor"), True

    def _should_handle(self, request: HttpRequest) -> bool:
        records = get_authentication_records(request, self.login.user)
        return not any(record["method"] == "mfa" for record in records) and super()._should_handle(request)
