"""The bundled stand-ins for outside systems that a demo desk and the live tests run beside them.

Each replaces one system whose address the environment does not name. Knows nothing of Django.
"""

import secrets
import socket
import sys
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from apps.common.embedded.program import Program, free_port
from apps.common.embedded.runtime import read_runtime, update_runtime

RECORD = "standins"  # its entry in the runtime file
ROOT = Path(__file__).resolve().parent.parent.parent


@dataclass(frozen=True)
class Standin:
    """A program that plays an outside system; not started where the environment names a real one."""

    name: str
    module: str
    replaces: str  # the variable that names the real one
    ports: tuple[str, ...] = ("--port",)


STANDINS = (
    Standin("shop", "apps.orders.sandboxes.shop", "ORDER_SOURCE_URL"),
    Standin("carriers", "apps.orders.sandboxes.carriers", "KUAIDI100_KEY"),
    Standin("gateway", "apps.refunds.sandboxes.gateway", "REFUND_GATEWAY_URL"),
    Standin("mailbox", "apps.notifications.sandboxes.mailbox", "SMTP_URL", ("--smtp-port", "--imap-port")),
)


def prepare_standins(
    data_dir: Path, *, desk_url: str, given: Mapping[str, str]
) -> tuple[list[Program], dict[str, str]]:
    """Programs to start, and the environment that leads desk and stand-ins to each other.

    Ports and secrets stay the same from run to run, so that what the demo stored goes on working.
    """
    wanted = [standin for standin in STANDINS if not given.get(standin.replaces)]
    record = read_runtime(data_dir).get(RECORD, {})
    ports = {
        option: free_port(record.get("ports", {}).get(option))
        for standin in wanted
        for option in _options(standin)
    }
    shared = record.get("secrets") or {name: secrets.token_hex(16) for name in SECRETS}
    env = _environment({standin.name for standin in wanted}, ports, shared, desk_url)
    update_runtime(data_dir, **{RECORD: {"ports": ports, "secrets": shared, "env": env}})
    return [_program(standin, ports, env) for standin in wanted], env


def forget_standins(data_dir: Path) -> None:
    """A desk without a demo has none; commands must not look for them."""
    update_runtime(data_dir, **{RECORD: {}})


def recorded_standins(data_dir: Path) -> dict[str, str]:
    """Environment of the stand-ins that were started last, for commands in other terminals."""
    record: Any = read_runtime(data_dir).get(RECORD, {})
    return record.get("env", {})


SECRETS = ("shop", "events", "kuaidi100", "salt", "track17", "gateway", "mailbox")


def _environment(
    names: set[str], ports: Mapping[str, int], shared: Mapping[str, str], desk_url: str
) -> dict[str, str]:
    """What desk and stand-ins are told; only about those that run."""
    env = {"PUBLIC_BASE_URL": desk_url, "DESK_URL": desk_url}
    if "shop" in names:
        env |= _signed("ORDER_SOURCE", ports["shop:--port"], shared["shop"])
        env |= {"EVENT_SECRET": shared["events"]}
    if "carriers" in names:
        base = f"http://127.0.0.1:{ports['carriers:--port']}"
        env |= {"KUAIDI100_URL": f"{base}/kuaidi100", "TRACK17_URL": f"{base}/17track"}
        env |= {"KUAIDI100_CUSTOMER": "demo", "KUAIDI100_KEY": shared["kuaidi100"]}
        env |= {"KUAIDI100_SALT": shared["salt"], "TRACK17_KEY": shared["track17"]}
    if "gateway" in names:
        env |= _signed("REFUND_GATEWAY", ports["gateway:--port"], shared["gateway"])
    if "mailbox" in names:
        env |= {
            "SMTP_URL": f"smtp://127.0.0.1:{ports['mailbox:--smtp-port']}",
            "MAILBOX_IMAP": f"127.0.0.1:{ports['mailbox:--imap-port']}",
            "MAILBOX_PASSWORD": shared["mailbox"],
        }
    return env


def _signed(prefix: str, port: int, secret: str) -> dict[str, str]:
    return {
        f"{prefix}_URL": f"http://127.0.0.1:{port}",
        f"{prefix}_KEY_ID": "demo",
        f"{prefix}_SECRET": secret,
    }


def _options(standin: Standin) -> list[str]:
    return [f"{standin.name}:{option}" for option in standin.ports]


def _program(standin: Standin, ports: Mapping[str, int], env: Mapping[str, str]) -> Program:
    own = {option: ports[f"{standin.name}:{option}"] for option in standin.ports}
    flags = [text for option, port in own.items() for text in (option, str(port))]
    argv = [sys.executable, "-m", standin.module, *flags]
    return Program(
        standin.name,
        argv,
        env={**env, "PYTHONUNBUFFERED": "1"},
        cwd=ROOT,
        ready=lambda: all(map(_listens, own.values())),
    )


def _listens(port: int) -> bool:
    with suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
        return True
    return False
