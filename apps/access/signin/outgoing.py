"""allauth's own calls to the company's provider, led through the desk's one way out."""

from typing import Any

import httpx
from requests import ConnectionError as NotConnected
from requests import PreparedRequest, Response
from requests.adapters import BaseAdapter

from apps.common.addresses import origin_of
from apps.common.http import Outside, Unreachable

# Made anew by the way out, or about a connection that there is none of.
OWN_HEADERS = {"host", "accept-encoding", "connection", "content-length"}


class OutsideAdapter(BaseAdapter):
    """Sends what ``requests`` prepared: resolved once, bounded, without proxies. Raises ``requests``' own errors."""

    def send(self, request: PreparedRequest, *args: Any, **kwargs: Any) -> Response:
        url = httpx.URL(request.url or "")
        headers = {k: str(v) for k, v in request.headers.items() if k.lower() not in OWN_HEADERS}
        given = request.body or b""
        body = given.encode() if isinstance(given, str) else bytes(given)  # type: ignore[arg-type]  # no streams
        outside = Outside(f"sign-in:{url.host}", origin_of(str(url)))
        try:
            answer = outside.call(
                request.method or "GET",
                url.raw_path.decode("ascii"),
                body=body,
                headers=headers,
            )
        except Unreachable as error:
            raise NotConnected(str(error), request=request) from error
        response = Response()
        response.status_code, response.url, response.request = answer.status, str(url), request
        response.headers.update(answer.headers)
        response._content, response._content_consumed = answer.body, True  # type: ignore[attr-defined]
        return response

    def close(self) -> None:
        """Nothing is kept open."""
