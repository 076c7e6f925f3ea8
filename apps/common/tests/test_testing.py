import os

import pytest
from django.db import connection

from apps.common.testing import browser
from apps.common.testing.live import live_env
from apps.common.testing.plugin import isolate, uses


@pytest.fixture
def no_browser(monkeypatch, tmp_path):
    """A machine without a browser and without a package manager."""
    monkeypatch.delenv("CHROMIUM", raising=False)
    monkeypatch.setenv("PATH", str(tmp_path))
    return tmp_path


def program(folder, name, text="#!/bin/sh\n"):
    path = folder / name
    path.write_text(text)
    path.chmod(0o755)
    return str(path)


def test_workers_share_nothing(monkeypatch):
    seen = set()
    for worker in ("gw0", "gw1", "gw2"):
        with monkeypatch.context() as patch:
            patch.setenv("REDIS_URL", "redis://:pw@127.0.0.1:6379/0")
            patch.setenv("DATA_DIR", "/tmp/run")
            isolate(worker)
            seen.add((os.environ["REDIS_URL"], os.environ["DATA_DIR"]))

    assert seen == {
        ("redis://:pw@127.0.0.1:6379/3", "/tmp/run/gw0"),
        ("redis://:pw@127.0.0.1:6379/6", "/tmp/run/gw1"),
        ("redis://:pw@127.0.0.1:6379/9", "/tmp/run/gw2"),
    }


def test_live_desk_uses_the_database_of_this_worker():
    env = live_env()

    assert env["DATABASE_URL"].endswith(f"/{connection.settings_dict['NAME']}")
    assert env["DJANGO_SETTINGS_MODULE"] == "helpdesk.settings.test"


def test_uses_looks_through_other_fixtures(request, no_browser):
    assert uses(request.node, "tmp_path")
    assert not uses(request.node, "live_desk")


def test_browser_is_found_by_name(no_browser):
    expected = program(no_browser, "chromium-browser")

    assert browser.find_chromium() == expected


def test_the_lightest_browser_is_preferred(no_browser):
    program(no_browser, "chromium")
    expected = program(no_browser, "chromium-headless-shell")

    assert browser.find_chromium() == expected


def test_browser_of_the_environment_comes_first(no_browser, monkeypatch):
    program(no_browser, "chromium")
    monkeypatch.setenv("CHROMIUM", program(no_browser, "my-chrome"))

    assert browser.find_chromium().endswith("my-chrome")


def test_browser_named_wrongly_is_not_replaced_silently(no_browser, monkeypatch):
    program(no_browser, "chromium")
    monkeypatch.setenv("CHROMIUM", "/nowhere/chrome")

    assert browser.find_chromium() is None


def test_missing_browser_is_explained(no_browser, capsys):
    assert browser.main() == 1
    explanation = capsys.readouterr().err
    assert "apt-get install chromium" in explanation
    assert "BROWSER=0" in explanation


def test_missing_browser_is_installed_where_possible(no_browser, monkeypatch, capsys):
    found = no_browser / "chromium-headless-shell"
    # As a package manager does: nothing appears before `install`.
    shell = f"""#!/bin/sh
        if [ "$1" = install ]; then echo > {found}; /bin/chmod +x {found}; fi
    """
    program(no_browser, "apt-get", shell)
    monkeypatch.setattr(browser, "may_install", lambda: True)

    assert browser.main() == 0
    assert browser.find_chromium() == str(found)
    assert "Installing" in capsys.readouterr().err


def test_only_root_on_debian_installs(no_browser, monkeypatch):
    assert not browser.may_install()  # no apt-get
    program(no_browser, "apt-get")
    monkeypatch.setattr("os.geteuid", lambda: 1000)
    assert not browser.may_install()
