import pytest

from apps.audit.tests.tampering import recorded, sealed


@pytest.fixture
def trail():
    """Twelve events in three seals, and one that is not sealed; the keys of all."""
    keys = []
    for _ in range(3):
        keys += recorded(4)
        sealed()
    return keys + recorded(1)


@pytest.fixture(autouse=True)
def _own_key(settings, tmp_path):
    settings.AUDIT_FOLDER = tmp_path
