import pytest

from apps.common.sandbox import Fault
from apps.common.testing.standins import serving
from apps.orders.sandboxes.carriers import Carriers


class ScriptedCarriers(Carriers):
    """The stand-in, with a shorthand for faults."""

    def fault(self, path, *, kind="status", **fields):
        """The next call to ``path`` goes wrong."""
        self.faults.append(Fault(path=path, kind=kind, **fields))


@pytest.fixture(scope="module")
def _carriers():
    """Both aggregators in a thread; they push nothing by themselves."""
    sandbox = ScriptedCarriers(customer="C", key="K", track17_key="17-key")
    with serving(sandbox) as sandbox.address:
        yield sandbox


@pytest.fixture
def carriers(_carriers, settings):
    """The stand-in aggregators as they start, and the desk's accounts with them."""
    _carriers.reset()
    settings.PUBLIC_BASE_URL = "https://desk.example"
    settings.KUAIDI100 = {
        "url": f"{_carriers.address}/kuaidi100",
        "customer": "C",
        "key": "K",
        "salt": "salt-of-the-desk",
    }
    settings.TRACK17 = {"url": f"{_carriers.address}/17track", "key": "17-key"}
    return _carriers
