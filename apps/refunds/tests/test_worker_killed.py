"""A worker that dies between the gateway's deed and our commit: the worst moment there is."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import httpx
import pytest
from celery import current_app
from django.conf import settings as django_settings
from django.utils import timezone

from apps.common import launch
from apps.common.embedded.program import kill_session, log_tail, spawn, until
from apps.common.sandbox import Fault
from apps.common.testing.live import live_env
from apps.notifications.models import Notification
from apps.refunds import services, tasks
from apps.refunds.models import LedgerEntry, Refund
from apps.refunds.services.calling import LEASE
from apps.refunds.tests.factories import RefundFactory, reserved

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def worker(gateway, tmp_path):
    """A Celery worker in processes of its own, on the test's database and the test's gateway."""
    current_app.control.purge()
    given = django_settings.REFUND_GATEWAY
    env = {f"REFUND_GATEWAY_{name.upper()}": value for name, value in given.items()}
    program = launch.worker("worker", "default", 1, {**live_env(), **env})
    program = type(program)(
        program.name, program.argv, env=program.env, cwd=program.cwd, log=tmp_path / "log"
    )
    process = spawn(program)
    yield process, lambda: log_tail(program, lines=60)
    kill_session(process)
    process.wait(10)


def test_a_worker_killed_after_the_gateway_acted_refunds_once(gateway, worker):
    process, logs = worker
    gateway.faults.append(Fault("/v1/refunds", "slow_after", method="POST", seconds=30))
    refund = RefundFactory(state="approved")
    tasks.ring(tasks.advance, refund.pk)
    assert until(lambda: bool(gateway.refunds), timeout=60), logs()

    os.killpg(process.pid, signal.SIGKILL)
    process.wait(10)

    refund.refresh_from_db()
    assert (refund.state, refund.calls.get().outcome) == ("submitting", "")
    assert services.advance(refund.pk) is None  # nobody takes over while the call may be alive
    assert services.advance(refund.pk, now=timezone.now() + LEASE) == "succeeded"
    assert [entry.now["status"] for entry in gateway.refunds.values()] == ["SUCCEEDED"]
    assert [call["method"] for call in gateway.calls] == ["POST", "GET"]
    assert (LedgerEntry.objects.count(), Notification.objects.count()) == (1, 1)
    assert reserved(refund.order) == refund.amount


def test_the_sweep_finds_what_lost_its_wake_up(gateway):
    refund = RefundFactory(state="approved")

    assert tasks.sweep() == 1
    assert Refund.objects.get() == refund


def test_the_stand_in_is_a_program_of_its_own(settings):
    command = [sys.executable, "-m", "apps.refunds.sandboxes.gateway", "--settle-after", "0"]
    env = {**os.environ, "REFUND_GATEWAY_KEY_ID": "desk", "REFUND_GATEWAY_SECRET": "s"}
    root = Path(django_settings.BASE_DIR)
    with subprocess.Popen(command, env=env, cwd=root, stdout=subprocess.PIPE, text=True) as process:
        try:
            url = process.stdout.readline().split()[-1]
            assert httpx.get(f"{url}/_sandbox/health").json() == {"ok": True}
            assert httpx.post(f"{url}/v1/refunds", json={}).status_code == 401
            settings.REFUND_GATEWAY = {"url": url, "key_id": "desk", "secret": "s"}
            assert services.advance(RefundFactory(state="approved").pk) == "succeeded"
        finally:
            process.terminate()
