"""How people prove who they are: passwords, second factors, and the company's own sign-in."""

from helpdesk.settings.environment import env

# A browser that nobody has touched for so long is signed out, and every one after so many hours.
SESSION_IDLE_MIN = env.int("SESSION_IDLE_MIN", default=30)
SESSION_MAX_HOURS = env.int("SESSION_MAX_HOURS", default=12)
SESSION_COOKIE_AGE = SESSION_MAX_HOURS * 3600

# Links that set a password: of somebody who forgot theirs, and of somebody new.
PASSWORD_RESET_TIMEOUT = min(env.int("PASSWORD_LINK_HOURS", default=24), 48) * 3600

# OpenID Connect: an issuer such as https://login.example.com/realms/shop; without it there is no button.
OIDC = {
    "issuer": env.str("OIDC_ISSUER", default="").rstrip("/"),
    "client_id": env.str("OIDC_CLIENT_ID", default=""),
    "secret": env.str("OIDC_CLIENT_SECRET", default=""),
    "name": env.str("OIDC_NAME", default="SSO"),
    "scopes": env.list("OIDC_SCOPES", default=["openid", "profile", "email"]),
    "tenant": env.str("OIDC_TENANT", default=""),  # claim=value, as tid=0f3c…: others are turned away
    "email_verified": env.bool("OIDC_EMAIL_VERIFIED", default=False),  # the provider owns the mail domain
    "mfa_amr": env.list("OIDC_MFA_AMR", default=[]),  # values of `amr` that count as a second factor
}
SAML = {
    "entity_id": env.str("SAML_IDP_ENTITY_ID", default=""),
    "sso_url": env.str("SAML_SSO_URL", default=""),
    "certificate": env.str("SAML_CERTIFICATE", default=""),  # PEM, or its base64 alone
    "name": env.str("SAML_NAME", default="SAML"),
    "email_verified": env.bool("SAML_EMAIL_VERIFIED", default=False),  # the provider owns the mail domain
}
# Which claim or attribute names groups, and the role that each group gives: desk-agents=agent,desk-leads=supervisor
SSO_GROUPS_CLAIM = env.str("SSO_GROUPS_CLAIM", default="groups")
SSO_ROLES = env.dict("SSO_ROLES", default={})
SSO_CREATE_USERS = env.bool("SSO_CREATE_USERS", default=False)  # for those whose groups give them a role


def oidc_app() -> dict:
    """The provider as allauth wants it."""
    return {
        "provider_id": "oidc",
        "name": OIDC["name"],
        "client_id": OIDC["client_id"],
        "secret": OIDC["secret"],
        "settings": {
            "server_url": OIDC["issuer"],
            "tenant": OIDC["tenant"],
            "email_verified": OIDC["email_verified"],
            "mfa_amr": OIDC["mfa_amr"],
        },
    }


def saml_app() -> dict:
    """The same; every response must be signed, and answer a question that this browser asked."""
    signed = {"want_assertion_signed": True, "reject_idp_initiated_sso": True, "strict": True}
    signed["allow_single_label_domains"] = True  # a desk inside of the company's network
    return {
        "provider_id": "saml",
        "name": SAML["name"],
        "client_id": "saml",
        "settings": {
            "idp": {
                "entity_id": SAML["entity_id"],
                "sso_url": SAML["sso_url"],
                "x509cert": SAML["certificate"],
            },
            "advanced": signed,
            "email_verified": SAML["email_verified"],
        },
    }


SOCIALACCOUNT_PROVIDERS = {
    "openid_connect": {
        "APPS": [oidc_app()] if OIDC["issuer"] else [],
        "SCOPE": OIDC["scopes"],
        "OAUTH_PKCE_ENABLED": True,
    },
    "saml": {"APPS": [saml_app()] if SAML["entity_id"] else []},
}
SOCIALACCOUNT_ADAPTER = "apps.access.signin.adapters.IdentityAdapter"
SOCIALACCOUNT_AUTO_SIGNUP = True
SOCIALACCOUNT_EMAIL_VERIFICATION = "none"
SOCIALACCOUNT_STORE_TOKENS = False
ACCOUNT_ADAPTER = "apps.access.signin.adapters.SignInAdapter"
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_SIGNUP_FIELDS = ["username*"]
ACCOUNT_LOGIN_TIMEOUT = 600  # between the password and the second factor
MFA_ADAPTER = "apps.access.signin.adapters.FactorAdapter"
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_TOTP_ISSUER = env.str("TOTP_ISSUER", default="Helpdesk")
MFA_TOTP_TOLERANCE = 1  # half a minute, for a telephone whose clock is off
MFA_ALLOW_UNVERIFIED_EMAIL = True  # addresses are given by managers
