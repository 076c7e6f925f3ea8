import os
import subprocess

import pytest
from django.conf import settings

from apps.common import launch
from apps.common.tasks import heartbeat


def option(program, name):
    arguments = list(program.argv)
    return arguments[arguments.index(name) + 1]


def test_sockets_are_limited():
    web = launch.web("127.0.0.1", 8000, {})

    assert option(web, "--ws-max-size") == "262144"
    assert option(web, "--ws-max-queue") == "8"
    assert (option(web, "--ws-ping-interval"), option(web, "--ws-ping-timeout")) == ("20", "20")
    assert option(web, "--ws-per-message-deflate") == "false"


def test_nobody_may_name_another_client():
    assert "--no-proxy-headers" in launch.web("127.0.0.1", 8000, {}).argv


def test_every_queue_has_a_worker():
    served = {
        queue
        for program in launch.desk("127.0.0.1", 8000, {})
        if "-Q" in program.argv
        for queue in option(program, "-Q").split(",")
    }

    assert served == {queue.name for queue in settings.CELERY_TASK_QUEUES}


def test_long_work_has_processes_of_its_own():
    workers = [
        option(program, "-Q") for program in launch.desk("127.0.0.1", 8000, {}) if "-Q" in program.argv
    ]

    for slow in ("bulk", "mail", "carriers"):
        assert not [queues for queues in workers if "live" in queues and slow in queues]
    assert not [queues for queues in workers if "bulk" in queues and "mail" in queues]


def test_environment_reaches_every_program():
    assert all(program.env["MARK"] == "1" for program in launch.desk("127.0.0.1", 8000, {"MARK": "1"}))


def test_heartbeat_task_is_named_for_beat():
    assert heartbeat.name == "common.heartbeat"


def make(*arguments):
    """What make would run, without running it."""
    env = {name: value for name, value in os.environ.items() if name not in ("DATA_DIR", "MAKEFLAGS")}
    done = subprocess.run(
        ["make", "-n", *arguments], cwd=settings.BASE_DIR, env=env, capture_output=True, text=True, check=True
    )
    return done.stdout


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["up"], '--host "127.0.0.1" --port "8000" --data-dir ".data"'),
        (["up", "PORT=8123", "DATA_DIR=/tmp/x"], '--port "8123" --data-dir "/tmp/x"'),
        (["up", "ARGS=--no-demo"], '--data-dir ".data" --no-demo'),
        (["test"], "-m apps.common.testing.browser"),
        (["test", "BROWSER=0", "WORKERS=auto"], '-n auto -m "not browser and not faults_long"'),
        (["test", "WORKERS=1", "ARGS=-k chat"], '-n 1 -m "not faults_long" -k chat'),
        (["faults"], "-n 1 -m faults_long"),
        (["lock"], "--generate-hashes"),
    ],
)
def test_make_passes_on(arguments, expected):
    assert expected in make(*arguments)


def test_make_help_names_the_two_commands():
    done = subprocess.run(["make", "help"], cwd=settings.BASE_DIR, capture_output=True, text=True, check=True)

    assert "make up" in done.stdout
    assert "make test" in done.stdout


def test_make_installs_only_hashed_packages():
    text = (settings.BASE_DIR / "Makefile").read_text()
    installs = [line for line in text.splitlines() if "install -" in line or "install --" in line]

    assert len(installs) == 2
    assert all("--require-hashes" in line for line in installs)
