import pytest

from apps.inboxes import embedding


@pytest.fixture(autouse=True)
def _no_kept_origins():
    """What another test allowed is not allowed here."""
    embedding.forget()
