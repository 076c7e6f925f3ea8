import resource

import pytest

from apps.common.descriptors import WANTED, allow_many_files


@pytest.fixture
def few():
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (1024, before[1]))
    yield before[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, before)


def test_a_process_may_have_as_many_sockets_as_the_system_allows(few):
    allow_many_files()

    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    assert hard == few
    assert soft == (WANTED if hard == resource.RLIM_INFINITY else min(WANTED, hard))


def test_a_limit_is_never_lowered(few, monkeypatch):
    monkeypatch.setattr("apps.common.descriptors.WANTED", 100)
    allow_many_files()

    assert resource.getrlimit(resource.RLIMIT_NOFILE)[0] == 1024
