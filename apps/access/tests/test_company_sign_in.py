"""The company's own sign-in, against a provider that lies."""

import base64
import json
import time

import pytest
from allauth.account.models import EmailAddress
from allauth.socialaccount.models import SocialAccount
from django.test import Client
from django.urls import reverse

from apps.access.enums import GrantState
from apps.access.models import Grant, User, WebSession
from apps.access.signin import sessions
from apps.access.tests.company import (
    CERTIFICATE,
    CLIENT,
    ENTITY,
    OTHER_KEY,
    SECRET,
    OidcProvider,
    asked_id,
    saml_response,
)
from apps.access.tests.factories import GrantFactory, RoleFactory, UserFactory
from apps.audit.models import AuditEvent
from apps.common.sandbox import Request
from apps.common.testing.standins import serving
from helpdesk.settings.parts import signin

pytestmark = pytest.mark.django_db
PASSWORD = "correct horse battery"


@pytest.fixture(scope="module")
def _company():
    provider = OidcProvider()
    with serving(provider) as url:
        provider.url = url
        yield provider


@pytest.fixture
def company(_company, settings):
    """The provider, on its best behaviour, and a desk that trusts it."""
    person = {"sub": "248289761001", "email": "mei@shop.example", "email_verified": True, "name": "Mei"}
    _company.person, _company.lie, _company.trick = person, {}, ""
    _company.reset()
    configure(settings, _company.url)
    return _company


def configure(settings, url, **oidc):
    app = {
        "provider_id": "oidc",
        "name": "Shop SSO",
        "client_id": CLIENT,
        "secret": SECRET,
        "settings": {"server_url": url, "tenant": "", "mfa_amr": [], **oidc},
    }
    saml = {"entity_id": ENTITY, "sso_url": "https://idp.example/sso", "certificate": CERTIFICATE}
    signin.SAML.update(saml, email_verified=True)
    settings.SOCIALACCOUNT_PROVIDERS = {
        "openid_connect": {"APPS": [app], "SCOPE": ["openid", "email"], "OAUTH_PKCE_ENABLED": True},
        "saml": {"APPS": [signin.saml_app()]},
    }
    settings.SSO_ROLES = {"desk-agents": "agent", "desk-leads": "supervisor"}


@pytest.fixture
def mei():
    user = UserFactory(email="Mei@shop.example")
    user.set_password(PASSWORD)
    user.save()
    return user


def leave(client, provider="oidc", url="company-sign-in", **data):
    return client.post(reverse(url, args=[provider]), data).context["address"]


def arrive(company, client=None, **changes):
    """Press the button, sign in at the provider, come back."""
    client = client or Client()
    query = company.authorize(leave(client)) | changes
    client.last = client.get(reverse("oidc-callback"), query)
    return client


def is_in(client):
    return sessions.SINCE in client.session


def why():
    return AuditEvent.objects.filter(action="access:SignInFailed").latest("pk").data["why"]


# The button


def test_without_a_provider_there_is_no_button_and_no_door(client):
    assert "company" not in client.get(reverse("login")).content.decode()
    assert client.post(reverse("company-sign-in", args=["oidc"])).status_code == 404
    assert client.get(reverse("saml_metadata", args=["saml"])).status_code == 404


def test_with_one_its_button_leads_there(company, client, django_assert_num_queries):
    with django_assert_num_queries(0):
        page = client.get(reverse("login")).content.decode()

    assert "Sign in with Shop SSO" in page
    assert leave(client).startswith(f"{company.url}/authorize?")
    assert client.get(reverse("company-sign-in", args=["oidc"])).status_code == 405


# OpenID Connect


def test_a_verified_address_signs_in_and_is_remembered(company, mei):
    client = arrive(company)
    assert (client.last.status_code, client.last.url) == (302, "/console/")
    assert WebSession.objects.get().method == "oidc"

    company.lie = {"email": "renamed@shop.example"}
    assert is_in(arrive(company))  # by the subject, whatever the address is now
    assert SocialAccount.objects.get().user == mei


@pytest.mark.parametrize(
    ("lie", "trick"),
    [
        ({"nonce": "of-another-request"}, ""),
        ({"nonce": None}, ""),
        ({"aud": "another-client"}, ""),
        ({"aud": [CLIENT, "another"], "azp": "another"}, ""),
        ({"iss": "https://evil.example"}, ""),
        ({"exp": int(time.time()) - 3600}, ""),
        ({"exp": None}, ""),
        ({}, "unsigned"),
        ({}, "symmetric"),
        ({}, "other_key"),
        ({}, "other_person"),
        ({}, "other_issuer"),
    ],
)
def test_a_token_that_is_wrong_in_any_way_opens_nothing(company, mei, lie, trick):
    client = Client()
    if trick == "other_issuer":
        company.trick = trick
        assert client.post(reverse("company-sign-in", args=["oidc"])).status_code == 403
        return
    company.lie, company.trick = lie, trick

    arrive(company, client)

    assert client.last.status_code == 403
    assert not is_in(client)
    assert (SocialAccount.objects.count(), why()) == (0, "failed")


@pytest.mark.parametrize(
    "changes", [{"state": "made-up"}, {"state": ""}, {"code": "made-up"}, {"iss": "https://evil.example"}]
)
def test_an_answer_that_nobody_asked_for_opens_nothing(company, mei, changes):
    client = arrive(company, **changes)

    assert client.last.status_code == 403
    assert not is_in(client)


def test_an_answer_works_once_and_only_in_its_browser(company, mei):
    mine, thief = Client(), Client()
    query = company.authorize(leave(mine))

    assert thief.get(reverse("oidc-callback"), query).status_code == 403
    assert mine.get(reverse("oidc-callback"), query).status_code == 302
    mine.post(reverse("logout"))
    assert mine.get(reverse("oidc-callback"), query).status_code == 403


@pytest.mark.parametrize("verified", [False, None, "false", 0])
def test_an_unverified_address_links_nothing(company, mei, verified):
    """CVE-2026-84458."""
    company.lie = {"email_verified": verified}

    assert not is_in(arrive(company))
    assert why() == "unverified"
    assert not SocialAccount.objects.exists()


def test_who_prepared_an_account_for_somebody_does_not_stay_in_it(company, mei):
    """CVE-2026-44707: the password and the sessions from before its owner came are worth nothing."""
    before = Client()
    before.post(reverse("login"), {"username": mei.username, "password": PASSWORD})

    arrive(company)

    mei.refresh_from_db()
    assert not mei.has_usable_password()
    assert before.get("/api/v1/me/").status_code == 401


def test_who_has_shown_that_the_address_is_theirs_keeps_the_password(company, mei):
    EmailAddress.objects.create(user=mei, email="mei@shop.example", verified=True, primary=True)

    arrive(company)

    mei.refresh_from_db()
    assert mei.has_usable_password()


def test_nobody_is_made_unless_the_desk_wants_it(company):
    assert not is_in(arrive(company))
    assert (why(), User.objects.filter(email="mei@shop.example").exists()) == ("unknown", False)


@pytest.mark.parametrize(("groups", "made"), [(["desk-agents"], True), (["accounting"], False)])
def test_where_it_does_only_those_whose_groups_give_a_role(company, settings, groups, made):
    settings.SSO_CREATE_USERS = True
    company.person["groups"] = groups

    assert is_in(arrive(company)) == made
    assert User.objects.filter(email="mei@shop.example").exists() == made


@pytest.mark.parametrize("who", [{"is_superuser": True}, {"is_active": False}])
def test_some_are_never_linked_by_their_address(company, who):
    UserFactory(email="mei@shop.example", **who)

    assert not is_in(arrive(company))
    assert not SocialAccount.objects.exists()


def test_two_people_with_one_address_are_nobody(company, mei):
    UserFactory(email="mei@SHOP.example")

    assert not is_in(arrive(company))


def test_a_second_account_there_is_not_linked_to_the_same_person(company, mei):
    arrive(company)
    company.person["sub"] = "attacker-with-a-verified-alias"

    assert not is_in(arrive(company))
    assert why() == "taken"


def test_people_of_another_tenant_stay_outside(company, mei, settings):
    configure(settings, company.url, tenant="tid=ours")
    assert not is_in(arrive(company))
    assert why() == "tenant"

    company.person["tid"] = "ours"
    assert is_in(arrive(company))


def test_groups_give_roles_and_take_them_back(company, mei):
    by_hand = GrantFactory(user=mei, role=RoleFactory())
    company.person["groups"] = ["desk-agents", "desk-leads", "accounting"]
    arrive(company)
    given = Grant.objects.filter(user=mei, origin="sso:oidc", state=GrantState.ACTIVE)
    assert set(given.values_list("role__slug", flat=True)) == {"agent", "supervisor"}

    company.person["groups"] = "desk-agents"
    arrive(company)

    assert list(given.values_list("role__slug", flat=True)) == ["agent"]
    by_hand.refresh_from_db()
    assert by_hand.state == GrantState.ACTIVE


def test_a_role_that_needs_approval_is_asked_for(company, mei, settings):
    settings.SSO_ROLES = {"leads": RoleFactory(needs_approval=True).slug}
    company.person["groups"] = ["leads"]

    arrive(company)

    assert Grant.objects.get(user=mei).state == GrantState.REQUESTED


@pytest.mark.parametrize(("trusted", "counts"), [([], False), (["mfa"], True)])
def test_the_providers_second_factor_counts_where_the_desk_says_so(company, mei, settings, trusted, counts):
    configure(settings, company.url, mfa_amr=trusted)
    company.person["amr"] = ["pwd", "mfa"]
    GrantFactory(user=mei, role=RoleFactory(requires_mfa=True))

    client = arrive(company)

    assert (client.get("/api/v1/me/").status_code == 200) == counts


def test_somebody_links_an_account_to_themselves_and_not_one_of_others(company, mei):
    other = UserFactory(email="other@shop.example")
    other.set_password(PASSWORD)
    other.save()
    client = Client()
    client.post(reverse("login"), {"username": other.username, "password": PASSWORD})

    query = company.authorize(leave(client, url="company-link"))
    assert client.get(reverse("oidc-callback"), query).url == reverse("console-security")
    assert SocialAccount.objects.get().user == other

    thief = Client()
    thief.post(reverse("login"), {"username": mei.username, "password": PASSWORD})
    query = company.authorize(leave(thief, url="company-link"))
    assert thief.get(reverse("oidc-callback"), query).status_code == 403
    assert SocialAccount.objects.get().user == other


@pytest.mark.parametrize("path", ["/token", "/keys", "/userinfo"])
def test_a_provider_that_is_away_is_a_page_and_no_error(company, mei, path):
    client = Client()
    query = company.authorize(leave(client))
    company.answer(_fault(path))

    assert client.get(reverse("oidc-callback"), query).status_code == 403


def _fault(path):
    body = json.dumps({"path": path, "kind": "status", "status": 503}).encode()
    return Request("POST", "/_sandbox/faults", "", {}, body)


# SAML


def answer(client, asked=None, **said):
    asked = asked_id(leave(client, "saml")) if asked is None else asked
    client.post(reverse("saml_acs", args=["saml"]), saml_response(asked, **said))
    client.last = client.get(reverse("saml_finish_acs", args=["saml"]))
    return client


def test_a_signed_assertion_signs_in_and_gives_roles(company, mei):
    client = answer(Client())

    assert client.last.url == "/console/"
    assert WebSession.objects.get().method == "saml"
    assert Grant.objects.get(user=mei, origin="sso:saml").role.slug == "agent"


@pytest.mark.parametrize(
    "said",
    [
        {"signed": False},
        {"key": OTHER_KEY},
        {"audience": "https://another.example/"},
        {"issuer": "https://evil.example"},
        {"end": "2020-01-01T00:00:00Z"},
        {"start": "2099-01-01T00:00:00Z"},
        {"acs": "https://another.example/acs"},
        {"asked": "_made-up"},
        {"asked": ""},
        {"format": "transient"},
    ],
)
def test_an_assertion_that_is_wrong_in_any_way_opens_nothing(company, mei, said):
    client = Client()
    asked = asked_id(leave(client, "saml"))

    answer(client, **{"asked": asked, **said})

    assert client.last.status_code == 403
    assert not is_in(client)
    assert not SocialAccount.objects.exists()


def test_an_assertion_works_once_and_only_in_its_browser(company, mei):
    mine, thief = Client(), Client()
    form = saml_response(asked_id(leave(mine, "saml")))
    for client, status in ((thief, 403), (mine, 302), (mine, 403)):
        client.post(reverse("saml_acs", args=["saml"]), form)
        assert client.get(reverse("saml_finish_acs", args=["saml"])).status_code == status
        client.post(reverse("logout"))


def test_an_assertion_that_was_changed_after_it_was_signed_opens_nothing(company, mei):
    client = Client()
    form = saml_response(asked_id(leave(client, "saml")), name="somebody")
    text = base64.b64decode(form["SAMLResponse"]).replace(b">somebody<", b">mei-7<")
    form["SAMLResponse"] = base64.b64encode(text).decode()

    client.post(reverse("saml_acs", args=["saml"]), form)

    assert client.get(reverse("saml_finish_acs", args=["saml"])).status_code == 403
    assert not is_in(client)


def test_saml_metadata_names_our_addresses(company, client):
    text = client.get(reverse("saml_metadata", args=["saml"])).content.decode()

    assert 'entityID="http://testserver/accounts/company/saml/metadata/"' in text
    assert "http://testserver/accounts/company/saml/answer/" in text
    assert 'WantAssertionsSigned="true"' in text
