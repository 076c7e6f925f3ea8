"""The bench from outside: a short run on a copy of the test database."""

import json
import os
import subprocess
import sys

import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from apps.common.launch import ROOT

FIGURES = {
    "msgs_per_s", "ack_p50_ms", "ack_p99_ms", "delivered_p50_ms", "delivered_p99_ms", "cpu_s_per_1000",
}  # fmt: skip
SHORT = ("--pairs", "2", "--seconds", "1", "--rounds", "1", "--idle", "5", "--idle-rate", "5")


@pytest.fixture
def template(transactional_db):
    """Name of the test database, which nobody is connected to for the moment."""
    name = connection.settings_dict["NAME"]
    connection.close()
    connection.close_pool()
    return name


def own_databases() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_database WHERE datname LIKE 'bench\\_%'")
        return cursor.fetchone()[0]


@pytest.mark.faults_long
def test_a_short_run_measures_all_three_and_finds_every_promise_kept(template, tmp_path):
    where = ("--database-url", os.environ["DATABASE_URL"], "--template", template, "--folder", str(tmp_path))

    done = subprocess.run(
        [sys.executable, "manage.py", "bench_chat", *SHORT, *where, "--json"],
        cwd=ROOT, capture_output=True, text=True, check=False, timeout=110,
    )  # fmt: skip

    assert done.returncode == 0, done.stderr + done.stdout
    found = json.loads(done.stdout)
    [one] = found["rounds"]
    assert one["pairs"] == 2
    for kind in ("ours", "bare", "floor"):
        assert one[kind].keys() >= FIGURES
        assert one[kind]["msgs_per_s"] > 0
    assert one["ratio_bare"] > 0
    assert one["ratio_floor"] > 0
    assert len(one["fdatasync_ms"]) == 1
    assert (found["violations"], found["first_violations"]) == (0, [])
    assert found["idle_kb_per_socket"] is not None
    assert (list(tmp_path.iterdir()), own_databases()) == ([], 0)  # it leaves nothing behind


@pytest.mark.parametrize("wrong", [["--pairs", "0"], ["--pairs", "x"], ["--seconds", "0"]])
def test_what_is_no_number_is_refused(wrong):
    with pytest.raises(CommandError):
        call_command("bench_chat", *wrong)


@pytest.mark.parametrize("wrong", [["--rounds", "0"], ["--processes", "0"], ["--idle", "-1"]])
def test_numbers_that_make_no_sense_are_refused_with_2(wrong):
    with pytest.raises(CommandError) as refused:
        call_command("bench_chat", *wrong)

    assert refused.value.returncode == 2
