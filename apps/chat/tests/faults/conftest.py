import tempfile
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from apps.chat.tests.faults.desk import FaultDesk, running_desk
from apps.common.testing.live import live_env


@pytest.fixture(scope="session")
def fault_desk(django_db_setup) -> Iterator[FaultDesk]:
    """One desk for all tests of faults of a run."""
    with tempfile.TemporaryDirectory(prefix="helpdesk-faults-") as folder:
        path = Path(folder)
        with running_desk(path, schema_of=live_env()["DATABASE_URL"]) as desk:
            yield desk


@pytest.fixture
async def desk(fault_desk) -> AsyncIterator[FaultDesk]:
    """The desk with everything running, before the test and after it."""
    await fault_desk.heal()
    yield fault_desk
    await fault_desk.heal()


@pytest.fixture(autouse=True)
def _empty_cache():
    """Nothing here uses the cache of the test's own process."""
