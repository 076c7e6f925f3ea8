"""The door: everything under ``/accounts/``."""

from django.contrib.auth.views import LogoutView
from django.urls import path, reverse_lazy
from django.views.generic import RedirectView

from apps.access.signin import oidc, saml
from apps.access.signin.views import company, confirming, enrolling, entering, passwords

urlpatterns = [
    path("login/", entering.SignInView.as_view(), name="login"),
    path(
        "login/", RedirectView.as_view(url=reverse_lazy("login")), name="account_login"
    ),  # allauth's name of it
    path("logout/", LogoutView.as_view(), name="logout"),
    path("awake/", entering.awake, name="awake"),
    path("second-factor/", entering.second_factor, name="second-factor"),
    path("confirm/", confirming.confirm_identity, name="confirm-identity"),
    path("factors/", enrolling.start, name="factor-start"),
    path("factors/app/", enrolling.add_app, name="factor-app"),
    path("factors/key/", enrolling.add_key, name="factor-key"),
    path("factors/codes/", enrolling.codes, name="factor-codes"),
    path("factors/codes/renew/", enrolling.renew_codes, name="factor-codes-renew"),
    path("factors/<int:pk>/remove/", enrolling.remove, name="factor-remove"),
    path("password/", passwords.change, name="password-change"),
    path("password/forgotten/", passwords.forgotten, name="password-forgotten"),
    path("password/<uidb64>/<token>/", passwords.LinkView.as_view(), name="password-reset"),
    path(
        "invitation/<uidb64>/<token>/",
        passwords.LinkView.as_view(kind="invitation"),
        name="password-invitation",
    ),
    path("company/oidc/callback/", oidc.callback, name="oidc-callback"),
    # These four names are allauth's.
    path("company/<slug:organization_slug>/answer/", saml.answer, name="saml_acs"),
    path("company/<slug:organization_slug>/finish/", saml.finish, name="saml_finish_acs"),
    path("company/<slug:organization_slug>/metadata/", saml.metadata, name="saml_metadata"),
    path("company/<slug:organization_slug>/logout/", entering.to_sign_in, name="saml_sls"),
    path("company/<slug:provider_id>/", company.leave, name="company-sign-in"),
    path("company/<slug:provider_id>/link/", company.link, name="company-link"),
    path("company/accounts/<int:pk>/unlink/", company.unlink, name="company-unlink"),
]
