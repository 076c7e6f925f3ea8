import re
import shutil
from pathlib import Path

import pytest
from django.conf import settings
from django.contrib.staticfiles.storage import ManifestStaticFilesStorage

from apps.common.staticfiles import HashedStaticFilesStorage

OURS = settings.BASE_DIR / "static"
IMPORT = re.compile(r"""(?:import|from)\s*\(?\s*["'](\.[^"']+)["']""")


@pytest.fixture(scope="module")
def hashed(tmp_path_factory):
    """Our static files as production names them; without compressing, which takes a minute and changes no name."""
    folder = tmp_path_factory.mktemp("static")
    shutil.copytree(OURS, folder, dirs_exist_ok=True)
    storage = HashedStaticFilesStorage(location=folder)
    paths = {
        str(path.relative_to(folder)): (storage, str(path.relative_to(folder))) for path in files(folder)
    }
    for _name, _hashed_name, outcome in ManifestStaticFilesStorage.post_process(storage, paths):
        if isinstance(outcome, Exception):
            raise outcome
    return folder, storage


def files(folder: Path):
    return [path for path in sorted(folder.rglob("*")) if path.is_file()]


def test_every_file_gets_a_hashed_name(hashed):
    folder, storage = hashed
    names = {str(path.relative_to(OURS)) for path in files(OURS)}

    assert names <= set(storage.hashed_files)
    assert all((folder / name).exists() for name in storage.hashed_files.values())


def test_modules_import_hashed_modules(hashed):
    folder, storage = hashed
    known = set(storage.hashed_files.values())
    imports = 0
    for name in known:
        if not name.endswith(".js"):
            continue
        for target in IMPORT.findall((folder / name).read_text()):
            imports += 1
            assert (
                str((folder / name).parent.joinpath(target).resolve().relative_to(folder.resolve())) in known
            ), name
    assert imports


def test_static_file_comes_in_one_piece(client):
    name = next(str(path.relative_to(OURS)) for path in files(OURS) if path.suffix == ".css")

    answer = client.get(f"/static/{name}")

    assert not answer.streaming
    assert answer.content == (OURS / name).read_bytes()
    assert answer["Content-Type"].startswith("text/css")


def test_static_file_known_to_the_browser_is_not_sent_again(client):
    first = client.get("/static/admin/css/base.css")
    again = client.get("/static/admin/css/base.css", headers={"if-modified-since": first["Last-Modified"]})

    assert (first.status_code, again.status_code) == (200, 304)
    assert again.content == b""


def test_part_of_a_static_file(client):
    part = client.get("/static/admin/css/base.css", headers={"range": "bytes=0-9"})

    assert part.status_code == 206
    assert len(part.content) == 10
