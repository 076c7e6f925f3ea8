import subprocess

import httpx
import pytest

from apps.common.embedded.runtime import read_runtime
from apps.common.sandbox import Fault, Reply, Sandbox
from apps.common.standins import forget_standins, prepare_standins, recorded_standins
from apps.common.testing.standins import serving


@pytest.fixture
def base():
    sandbox = Sandbox()
    sandbox.route("GET", "/hello/{name}", lambda request: Reply(body={"hello": request.args["name"]}))
    with serving(sandbox) as url:
        yield url


def test_it_notes_what_it_was_asked(base):
    httpx.get(f"{base}/hello/you?x=1")

    [call] = httpx.get(f"{base}/_sandbox/calls").json()["calls"]
    assert (call["method"], call["path"], call["query"]) == ("GET", "/hello/you", "x=1")


def test_an_unknown_address_is_not_found(base):
    assert httpx.get(f"{base}/nothing").status_code == 404


def test_a_fault_ends_after_its_times(base):
    fault = {"path": "/hello", "kind": "status", "status": 418, "times": 2}
    httpx.post(f"{base}/_sandbox/faults", json=fault)

    assert [httpx.get(f"{base}/hello/x").status_code for _ in range(3)] == [418, 418, 200]


@pytest.mark.parametrize(("kind", "happened"), [("drop_before", 0), ("drop_after", 1), ("slow_after", 1)])
def test_the_effect_is_there_or_not(kind, happened):
    effects = []
    sandbox = Sandbox()
    sandbox.route("POST", "/act", lambda request: effects.append(1) or Reply(201))
    sandbox.faults.append(Fault("/act", kind, seconds=5))

    with serving(sandbox) as url, pytest.raises((httpx.RemoteProtocolError, httpx.ReadTimeout)):
        httpx.post(f"{url}/act", timeout=0.5)

    assert len(effects) == happened


def test_reset_forgets_faults_and_calls(base):
    httpx.post(f"{base}/_sandbox/faults", json={"path": "/", "kind": "status"})
    httpx.post(f"{base}/_sandbox/reset")

    assert httpx.get(f"{base}/hello/x").json() == {"hello": "x"}


def test_ports_and_secrets_stay_from_run_to_run(tmp_path):
    _programs, first = prepare_standins(tmp_path, desk_url="http://desk", given={})
    _programs, second = prepare_standins(tmp_path, desk_url="http://desk", given={})

    assert first == second == recorded_standins(tmp_path)
    assert first["ORDER_SOURCE_SECRET"]


def test_what_the_environment_names_is_not_replaced(tmp_path):
    programs, env = prepare_standins(
        tmp_path, desk_url="http://desk", given={"ORDER_SOURCE_URL": "https://x"}
    )

    assert "shop" not in {program.name for program in programs}
    assert "ORDER_SOURCE_URL" not in env


def test_a_desk_without_a_demo_has_none(tmp_path):
    prepare_standins(tmp_path, desk_url="http://desk", given={})

    forget_standins(tmp_path)

    assert recorded_standins(tmp_path) == {}
    assert read_runtime(tmp_path)["standins"] == {}


def test_the_record_is_private(tmp_path):
    prepare_standins(tmp_path, desk_url="http://desk", given={})

    assert (tmp_path / "runtime.json").stat().st_mode & 0o077 == 0


@pytest.mark.parametrize("name", ["shop", "carriers", "gateway", "mailbox"])
def test_each_stand_in_starts_and_ends(tmp_path, name):
    programs, _env = prepare_standins(tmp_path, desk_url="http://127.0.0.1:9", given={})
    program = next(program for program in programs if program.name == name)
    process = subprocess.Popen(
        list(program.argv), env={**program.env}, cwd=program.cwd, stdout=subprocess.PIPE
    )

    try:
        assert b"127.0.0.1" in process.stdout.readline()
        assert program.ready()
    finally:
        process.terminate()
        process.communicate(timeout=10)
    assert process.returncode in (0, -15)
