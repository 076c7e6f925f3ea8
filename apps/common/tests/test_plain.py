import pytest

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    "path", ["/api/v1/orders/?q=%00", "/api/v1/orders/a%00b/", "/api/v1/faqs/suggest/?q=a%2500b%00"]
)
def test_the_zero_character_is_refused_as_a_problem(client, path):
    answer = client.get(f"/api/v1/{path}")

    assert (answer.status_code, answer.json()["code"]) == (400, "invalid")


def test_what_only_looks_like_it_goes_through(client):
    assert client.get("/api/v1/visitor/config/", {"inbox": "%0"}).status_code != 500
