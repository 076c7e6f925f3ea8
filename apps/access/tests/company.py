"""A company's identity provider: OpenID Connect with codes and PKCE, and SAML; it lies on demand.

``provider.lie`` changes what it says next: a dict of claims (None removes one), or the name of a trick.
"""

import base64
import hashlib
import hmac
import json
import secrets
import time
import urllib.parse
import zlib
from datetime import UTC, datetime, timedelta

import jwt
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import NameOID
from lxml import etree
from onelogin.saml2.utils import OneLogin_Saml2_Utils as saml_utils

from apps.common.sandbox import Reply, Sandbox

CLIENT, SECRET = "desk", "client-secret"


def new_key():
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


KEY, OTHER_KEY = new_key(), new_key()  # made once: they take a second


class OidcProvider(Sandbox):
    """``person`` holds the claims of whoever signs in there."""

    def __init__(self):
        super().__init__()
        self.url = ""
        self.person = {
            "sub": "248289761001",
            "email": "mei@shop.example",
            "email_verified": True,
            "name": "Mei",
        }
        self.lie = {}
        self.trick = ""
        self.codes = {}
        self.route("GET", "/.well-known/openid-configuration", self._discovery)
        self.route("GET", "/keys", self._keys)
        self.route("POST", "/token", self._token)
        self.route("GET", "/userinfo", self._userinfo)

    def _discovery(self, request):
        issuer = "https://evil.example" if self.trick == "other_issuer" else self.url
        return Reply(
            body={
                "issuer": issuer,
                "authorization_endpoint": f"{self.url}/authorize",
                "token_endpoint": f"{self.url}/token",
                "userinfo_endpoint": f"{self.url}/userinfo",
                "jwks_uri": f"{self.url}/keys",
                "token_endpoint_auth_methods_supported": ["client_secret_post"],
            }
        )

    def _keys(self, request):
        key = json.loads(jwt.algorithms.RSAAlgorithm.to_jwk(KEY.public_key()))
        return Reply(body={"keys": [{**key, "kid": "one", "use": "sig", "alg": "RS256"}]})

    def authorize(self, address):
        """What somebody's visit at ``address`` ends in: the query that their browser brings back."""
        asked = dict(urllib.parse.parse_qsl(urllib.parse.urlsplit(address).query))
        assert (asked["client_id"], asked["response_type"]) == (CLIENT, "code")
        assert asked["code_challenge_method"] == "S256"
        code = secrets.token_urlsafe(16)
        self.codes[code] = asked
        return {"code": code, "state": asked["state"]}

    def _token(self, request):
        form = request.form
        asked = self.codes.pop(form.get("code", ""), None)
        challenge = hashlib.sha256(form.get("code_verifier", "").encode()).digest()
        right = (
            asked
            and (form.get("client_id"), form.get("client_secret")) == (CLIENT, SECRET)
            and asked["code_challenge"] == base64.urlsafe_b64encode(challenge).decode().rstrip("=")
            and form.get("redirect_uri") == asked["redirect_uri"]
        )
        if not right:
            return Reply(400, {"error": "invalid_grant"})
        return Reply(body={"access_token": "at", "token_type": "Bearer", "id_token": self._id_token(asked)})

    def _id_token(self, asked):
        now = int(time.time())
        claims = {"iss": self.url, "aud": CLIENT, "iat": now, "exp": now + 300, "nonce": asked["nonce"]}
        claims = {
            name: value for name, value in (claims | self.person | self.lie).items() if value is not None
        }
        if self.trick == "unsigned":
            return jwt.encode(claims, None, algorithm="none", headers={"kid": "one"})
        if self.trick == "symmetric":
            pem = KEY.public_key().public_bytes(
                serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
            )
            head = base64.urlsafe_b64encode(b'{"alg":"HS256","kid":"one"}').rstrip(b"=")
            body = base64.urlsafe_b64encode(json.dumps(claims).encode()).rstrip(b"=")
            mac = hmac.new(pem, head + b"." + body, hashlib.sha256).digest()
            return (head + b"." + body + b"." + base64.urlsafe_b64encode(mac).rstrip(b"=")).decode()
        key = OTHER_KEY if self.trick == "other_key" else KEY
        return jwt.encode(claims, key, algorithm="RS256", headers={"kid": "one"})

    def _userinfo(self, request):
        person = self.person | ({"sub": "somebody-else"} if self.trick == "other_person" else {})
        return Reply(body=person | {name: self.lie[name] for name in self.lie if name in person})


def certificate_of(key):
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "idp")])
    now = datetime.now(UTC)
    builder = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
    builder = (
        builder.serial_number(1).not_valid_before(now - timedelta(1)).not_valid_after(now + timedelta(1))
    )
    return builder.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM).decode()


def pem_of(key):
    kinds = serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    return key.private_bytes(serialization.Encoding.PEM, *kinds).decode()


CERTIFICATE = certificate_of(KEY)
ENTITY = "https://idp.example/saml"

RESPONSE = """\
<samlp:Response xmlns:samlp="urn:oasis:names:tc:SAML:2.0:protocol"
  xmlns:saml="urn:oasis:names:tc:SAML:2.0:assertion" ID="_{response}" Version="2.0" IssueInstant="{now}"
  Destination="{acs}" InResponseTo="{asked}">
<saml:Issuer>{issuer}</saml:Issuer><samlp:Status>
<samlp:StatusCode Value="urn:oasis:names:tc:SAML:2.0:status:Success"/>
</samlp:Status>{assertion}</samlp:Response>"""
ASSERTION = """\
<saml:Assertion xmlns:saml="urn:oasis:names:tc:SAML:2.0:assertion"
  xmlns:xs="http://www.w3.org/2001/XMLSchema" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"
  ID="_{assertion}" Version="2.0" IssueInstant="{now}">
<saml:Issuer>{issuer}</saml:Issuer><saml:Subject>
<saml:NameID Format="urn:oasis:names:tc:SAML:2.0:nameid-format:{format}">{name}</saml:NameID>
<saml:SubjectConfirmation Method="urn:oasis:names:tc:SAML:2.0:cm:bearer">
<saml:SubjectConfirmationData NotOnOrAfter="{end}" Recipient="{acs}" InResponseTo="{asked}"/>
</saml:SubjectConfirmation></saml:Subject>
<saml:Conditions NotBefore="{start}" NotOnOrAfter="{end}"><saml:AudienceRestriction>
<saml:Audience>{audience}</saml:Audience></saml:AudienceRestriction></saml:Conditions>
<saml:AuthnStatement AuthnInstant="{now}" SessionIndex="_s"><saml:AuthnContext>
<saml:AuthnContextClassRef>urn:oasis:names:tc:SAML:2.0:ac:classes:Password</saml:AuthnContextClassRef>
</saml:AuthnContext></saml:AuthnStatement>
<saml:AttributeStatement>{attributes}</saml:AttributeStatement>
</saml:Assertion>"""
MAIL = "http://schemas.xmlsoap.org/ws/2005/05/identity/claims/emailaddress"


def instant(seconds):
    return (datetime.now(UTC) + timedelta(seconds=seconds)).strftime("%Y-%m-%dT%H:%M:%SZ")


def asked_id(address):
    """The id of the request that an address at the provider carries."""
    query = dict(urllib.parse.parse_qsl(urllib.parse.urlsplit(address).query))
    return etree.fromstring(zlib.decompress(base64.b64decode(query["SAMLRequest"]), -15)).get("ID")


def saml_response(asked, *, key=KEY, signed=True, attributes=None, **said):
    """A response to the request ``asked``, as the browser posts it; ``said`` replaces what stands in it."""
    values = {
        "asked": asked,
        "response": secrets.token_hex(8),
        "assertion": secrets.token_hex(8),
        "issuer": ENTITY,
        "name": "mei-7",
        "format": "persistent",
        "acs": "http://testserver/accounts/company/saml/answer/",
        "audience": "http://testserver/accounts/company/saml/metadata/",
        "now": instant(0),
        "start": instant(-60),
        "end": instant(300),
        **said,
    }
    given = {MAIL: ["mei@shop.example"], "groups": ["desk-agents"], **(attributes or {})}
    values["attributes"] = "".join(_attribute(name, found) for name, found in given.items())
    assertion = ASSERTION.format(**values)
    if signed:
        assertion = saml_utils.add_sign(assertion, pem_of(key), certificate_of(key)).decode()
    text = RESPONSE.format(**{**values, "assertion": assertion})
    return {"SAMLResponse": base64.b64encode(text.encode()).decode(), "RelayState": ""}


def _attribute(name, values):
    texts = "".join(
        f'<saml:AttributeValue xsi:type="xs:string">{value}</saml:AttributeValue>' for value in values
    )
    return f'<saml:Attribute Name="{name}">{texts}</saml:Attribute>'
