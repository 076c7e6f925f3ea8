"""Certificates that EventBridge signs with. Their address comes from the peer: only listed hosts are ever called."""

import hashlib

import httpx
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from django.core.cache import cache

from apps.common import throttle
from apps.common.http import Outside, Unreachable
from apps.eventbridge.errors import BadSignature, CertificateUnavailable
from apps.eventbridge.models import EventSource

CACHED_S = 3600
MAX_BYTES = 64 * 1024
FETCHES_PER_MINUTE = 20  # per source; each new address costs one
TIMEOUT = httpx.Timeout(3)
# Exact hosts: whoever names a bucket "x-eventbridge" would pass a pattern.
REGIONS = (
    "cn-beijing cn-chengdu cn-guangzhou cn-hangzhou cn-heyuan cn-hongkong cn-huhehaote cn-qingdao cn-shanghai "
    "cn-shenzhen cn-wulanchabu cn-zhangjiakou ap-northeast-1 ap-southeast-1 ap-southeast-3 ap-southeast-5 "
    "eu-central-1 eu-west-1 us-east-1 us-west-1"
).split()
DEFAULT_ORIGINS = frozenset(
    f"https://{region}-eventbridge.{domain}.aliyuncs.com"
    for region in REGIONS
    for domain in ("oss-accelerate", f"oss-{region}")
)


def public_key(source: EventSource, url: str) -> RSAPublicKey:
    """The key of the certificate at ``url``. Raises ``BadSignature``, ``CertificateUnavailable``.

    Its dates are not judged: the documented check has no such step, and the host vouches for it.
    """
    try:
        key = x509.load_pem_x509_certificate(_pem(source, _trusted(source, url))).public_key()
    except ValueError as error:
        raise BadSignature() from error
    if not isinstance(key, RSAPublicKey):
        raise BadSignature()
    return key


def _trusted(source: EventSource, url: str) -> httpx.URL:
    try:
        parsed = httpx.URL(url)
    except httpx.InvalidURL as error:
        raise BadSignature() from error
    origin = f"{parsed.scheme}://{parsed.netloc.decode('ascii')}"
    if parsed.userinfo or origin not in (source.certificate_origins or DEFAULT_ORIGINS):
        raise BadSignature()
    return parsed


def _pem(source: EventSource, url: httpx.URL) -> bytes:
    key = "eventbridge:certificate:" + hashlib.sha256(str(url).encode()).hexdigest()
    known = cache.get(key)
    if known is None:
        known = _fetched(source, url)
        cache.set(key, known, timeout=CACHED_S)
    return known


def _fetched(source: EventSource, url: httpx.URL) -> bytes:
    if not throttle.allow(f"certificates:{source.pk}", limit=FETCHES_PER_MINUTE, window_s=60):
        raise CertificateUnavailable()
    outside = Outside(f"certificates:{url.host}", str(url.join("/")), timeout=TIMEOUT)
    try:
        answer = outside.call("GET", url.raw_path.decode("ascii"), attempts=2)
    except Unreachable as error:
        raise CertificateUnavailable() from error
    if not answer.ok or len(answer.body) > MAX_BYTES:
        raise CertificateUnavailable()
    return answer.body
