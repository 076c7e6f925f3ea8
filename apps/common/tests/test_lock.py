import subprocess
import sys

import pytest

from apps.common.embedded.lock import Held, take_lock


def test_second_holder_learns_who_is_first(tmp_path):
    with take_lock(tmp_path, pid=7, url="http://desk"), pytest.raises(Held) as held:
        take_lock(tmp_path, pid=8)

    assert held.value.holder == {"pid": 7, "url": "http://desk"}


def test_lock_is_free_after_its_holder(tmp_path):
    with take_lock(tmp_path, pid=7):
        pass
    with take_lock(tmp_path, pid=8):
        pass


def test_lock_ends_with_a_killed_process(tmp_path):
    code = "import sys, pathlib; from apps.common.embedded.lock import take_lock\n"
    code += "file = take_lock(pathlib.Path(sys.argv[1]), pid=1); print('held', flush=True); sys.stdin.read()"
    with subprocess.Popen(
        [sys.executable, "-c", code, str(tmp_path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as holder:
        assert holder.stdout.readline() == b"held\n"
        with pytest.raises(Held):
            take_lock(tmp_path)
        holder.kill()

    take_lock(tmp_path).close()


def test_lock_unreadable_names_nobody(tmp_path):
    with take_lock(tmp_path, pid=7):
        (tmp_path / "up.lock").write_text('{"pid')
        with pytest.raises(Held) as held:
            take_lock(tmp_path)

    assert held.value.holder == {}
