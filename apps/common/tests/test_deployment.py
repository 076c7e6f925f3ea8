import os
import re
import subprocess
import sys
import urllib.error
import urllib.request
from pathlib import Path

import pytest
import yaml
from django.conf import settings

from apps.common.embedded.program import Program, free_port, spawn, stop, until

ROOT: Path = settings.BASE_DIR
ENTRYPOINT = ROOT / "deploy" / "entrypoint.sh"
DOCKERFILE = (ROOT / "Dockerfile").read_text()
COMPOSE = yaml.safe_load((ROOT / "compose.yaml").read_text())
DESK_SERVICES = {name for name, service in COMPOSE["services"].items() if service.get("image") == "helpdesk"}


@pytest.fixture
def fake_programs(tmp_path):
    """A PATH whose programs only say how they were called."""
    for name in ("gunicorn", "uvicorn", "celery", "python"):
        program = tmp_path / name
        program.write_text(
            f'#!/bin/sh\necho {name} "$@"; env | grep -E "^(REMAP|WORKER_GRACE|DJANGO)" | sort\n'
        )
        program.chmod(0o755)
    return f"{tmp_path}:/usr/bin:/bin"


def entrypoint(path, *arguments, **env):
    done = subprocess.run(
        [ENTRYPOINT, *arguments],
        env={"PATH": path, **env},
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    return done.returncode, done.stdout, done.stderr


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        ([], "gunicorn helpdesk.wsgi:application --config deploy/gunicorn.conf.py --bind 0.0.0.0:8000"),
        (["web"], "gunicorn helpdesk.wsgi:application"),
        (["socket"], "uvicorn helpdesk.asgi:application --host 0.0.0.0 --port 8000"),
        (["worker"], "-Q live,default,bulk,carriers,mail -c 4"),
        (["beat"], "celery -q -A helpdesk beat"),
        (["migrate"], "python manage.py migrate --no-input"),
        (["manage", "api_token", "ann"], "python manage.py api_token ann"),
        (["health"], "http://127.0.0.1:8000/healthz"),
        (["health", "worker"], "celery -q -A helpdesk inspect ping -d worker@"),
    ],
)
def test_entrypoint_starts(fake_programs, arguments, expected):
    status, output, _errors = entrypoint(fake_programs, *arguments)

    assert status == 0
    assert expected in output
    assert "DJANGO_SETTINGS_MODULE=helpdesk.settings.production" in output


def test_entrypoint_takes_its_numbers_from_the_environment(fake_programs):
    assert "0.0.0.0:9000" in entrypoint(fake_programs, "web", PORT="9000")[1]
    assert "-Q mail -c 2" in entrypoint(fake_programs, "worker", QUEUES="mail", CONCURRENCY="2")[1]


def test_entrypoint_gives_tasks_back_when_stopped(fake_programs):
    _status, output, _errors = entrypoint(fake_programs, "worker")

    assert "REMAP_SIGTERM=SIGQUIT" in output
    assert "WORKER_GRACE=20" in output


def test_entrypoint_refuses_unknown_roles(fake_programs):
    status, _output, errors = entrypoint(fake_programs, "boss")

    assert status == 2
    assert "Unknown role 'boss'" in errors


@pytest.fixture(scope="module", params=["web", "socket"])
def role(request, tmp_path_factory):
    """A container's main process, started for real with the production settings; gives its address."""
    port = free_port()
    env = {
        "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
        "PORT": str(port),
        "DJANGO_SETTINGS_MODULE": "helpdesk.settings.production",
        "SECRET_KEY": "0aB-xyz" * 10,
        "STATIC_ROOT": str(tmp_path_factory.mktemp("static")),
        "ALLOWED_HOSTS": "desk.example",
        "WEB_WORKERS": "1",
    }
    log = tmp_path_factory.mktemp("role") / "log"
    program = Program(request.param, [str(ENTRYPOINT), request.param], env=env, cwd=ROOT, log=log)
    process = spawn(program)
    address = f"http://127.0.0.1:{port}"
    ready = until(lambda: status_of(f"{address}/healthz") == 200, timeout=60, pause=0.2)
    yield address, log, port
    stop(program, process)
    assert ready, log.read_text()


def status_of(url, **headers):
    request = urllib.request.Request(url, headers=headers)
    opener = urllib.request.build_opener(NoRedirect)
    try:
        with opener.open(request, timeout=5) as answer:
            return answer.status
    except urllib.error.HTTPError as error:
        return error.code
    except OSError:
        return None


class NoRedirect(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *args):
        return None


def test_role_serves_behind_tls_only(role):
    address, _log, _port = role

    assert status_of(f"{address}/accounts/login/", Host="desk.example") == 301
    assert status_of(f"{address}/api/schema/", Host="desk.example", **{"X-Forwarded-Proto": "https"}) == 200
    assert status_of(f"{address}/api/schema/", Host="evil.example", **{"X-Forwarded-Proto": "https"}) == 400


def test_role_passes_its_own_health_check(role):
    _address, _log, port = role
    path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"

    assert entrypoint(path, "health", PORT=str(port))[0] == 0
    assert entrypoint(path, "health", PORT=str(free_port()))[0] != 0


def test_role_logs_json(role):
    _address, log, _port = role
    lines = log.read_text().splitlines()

    assert lines
    assert all(line.startswith('{"time": ') for line in lines), lines


def test_image_is_small_and_not_root():
    stages = re.findall(r"^FROM ", DOCKERFILE, flags=re.MULTILINE)

    assert len(stages) == 2
    assert re.search(r"^USER desk$", DOCKERFILE, flags=re.MULTILINE)
    assert DOCKERFILE.index("USER desk") > DOCKERFILE.rindex("FROM ")
    assert "--require-hashes" in DOCKERFILE


def test_image_has_a_health_check_and_one_entry_point():
    assert 'CMD ["deploy/entrypoint.sh", "health"]' in DOCKERFILE
    assert 'ENTRYPOINT ["deploy/entrypoint.sh"]' in DOCKERFILE
    assert os.access(ENTRYPOINT, os.X_OK)


def test_image_takes_in_no_secret():
    ignored = (ROOT / ".dockerignore").read_text().split()

    assert {".env", ".git", ".data", ".venv"} <= set(ignored)


def test_compose_has_every_process():
    assert {"postgres", "redis", "web", "socket", "worker", "beat", "proxy", "migrate"} <= set(
        COMPOSE["services"]
    )
    for name in ("web", "socket"):
        assert COMPOSE["services"][name]["deploy"]["replicas"] == 2


def test_compose_roles_are_known_to_the_entry_point(fake_programs):
    for name in DESK_SERVICES:
        assert entrypoint(fake_programs, *COMPOSE["services"][name]["command"])[0] == 0


def test_compose_starts_nothing_on_an_old_schema():
    for name in DESK_SERVICES - {"migrate"}:
        waits_for = COMPOSE["services"][name]["depends_on"]
        assert waits_for["migrate"] == {"condition": "service_completed_successfully"}


def test_compose_serves_every_queue():
    queues = {queue.name for queue in settings.CELERY_TASK_QUEUES}
    served = [
        service["environment"]["QUEUES"].split(",")
        for service in COMPOSE["services"].values()
        if service.get("command") == ["worker"]
    ]

    assert set().union(*served) == queues


def test_compose_opens_only_the_proxy():
    assert [name for name, service in COMPOSE["services"].items() if "ports" in service] == ["proxy"]


def test_compose_gives_no_default_passwords():
    text = (ROOT / "compose.yaml").read_text()

    assert "${POSTGRES_PASSWORD:?" in text
    assert "${REDIS_PASSWORD:?" in text


def test_compose_drops_privileges():
    for name in DESK_SERVICES:
        service = COMPOSE["services"][name]
        assert service["read_only"]
        assert service["cap_drop"] == ["ALL"]


def test_compose_volumes_are_declared():
    used = {
        volume.split(":")[0]
        for service in COMPOSE["services"].values()
        for volume in service.get("volumes", [])
        if not volume.startswith("./")
    }

    assert used == set(COMPOSE["volumes"])


def test_proxy_knows_both_servers():
    caddyfile = (ROOT / "deploy" / "Caddyfile").read_text()

    assert "dynamic a socket 8000" in caddyfile
    assert "dynamic a web 8000" in caddyfile
    assert caddyfile.count("{") == caddyfile.count("}")


def test_locked_requirements_are_pinned_and_hashed():
    for name in ("requirements.txt", "requirements-dev.txt"):
        text = (ROOT / name).read_text()
        pins = re.findall(r"^[a-z0-9][\w.-]*==\S+", text, flags=re.MULTILINE)
        assert len(pins) > 30
        assert len(re.findall(r"^[a-z0-9][^\n]*\\\n +--hash=sha256:", text, flags=re.MULTILINE)) == len(pins)
        assert "make lock" in text
