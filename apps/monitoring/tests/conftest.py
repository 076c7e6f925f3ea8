import pytest

from apps.monitoring.models import AlertRule


@pytest.fixture
def no_rules(db):
    """Only the rules that the test makes."""
    AlertRule.objects.all().delete()
