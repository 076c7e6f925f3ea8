import pytest

from apps.common.testing.standins import serving
from apps.refunds.sandboxes.gateway import Gateway
from apps.refunds.sandboxes.notices import Manner


@pytest.fixture
def gateway(_no_gateway, settings):
    """The stand-in over real HTTP; refunds succeed at once, notices are held."""
    sandbox = Gateway(key_id="desk", secret="secret-one")
    sandbox.notifier.manner = Manner(hold=True)
    with serving(sandbox) as url:
        settings.REFUND_GATEWAY = {"url": url, "key_id": "desk", "secret": "secret-one"}
        yield sandbox


@pytest.fixture(autouse=True)
def _no_gateway(settings):
    """Tests that name no gateway have none."""
    settings.REFUND_GATEWAY = {"url": "", "key_id": "", "secret": ""}
    settings.ORDER_SOURCE = {"url": "", "key_id": "", "secret": ""}
