import stat

from apps.common.embedded.runtime import (
    ensure_secret,
    read_runtime,
    recorded_secret,
    recorded_urls,
    update_runtime,
)


def test_record_is_empty_before_the_first_start(tmp_path):
    assert recorded_urls(tmp_path / "nowhere") == {}


def test_record_keeps_what_was_there(tmp_path):
    update_runtime(tmp_path, DATABASE_URL="postgresql://a")
    update_runtime(tmp_path, REDIS_URL="redis://b", other=1)

    assert recorded_urls(tmp_path) == {"DATABASE_URL": "postgresql://a", "REDIS_URL": "redis://b"}
    assert read_runtime(tmp_path)["other"] == 1


def test_record_is_for_its_owner_only(tmp_path):
    update_runtime(tmp_path, DATABASE_URL="postgresql://secret")

    assert stat.S_IMODE((tmp_path / "runtime.json").stat().st_mode) == 0o600
    assert [path.name for path in tmp_path.iterdir()] == ["runtime.json"]


def test_record_damaged_counts_as_none(tmp_path):
    (tmp_path / "runtime.json").write_text('{"DATABASE_URL": "postg')

    assert recorded_urls(tmp_path) == {}


def test_record_of_another_shape_counts_as_none(tmp_path):
    (tmp_path / "runtime.json").write_text("[]")

    assert read_runtime(tmp_path) == {}


def test_secret_lasts(tmp_path):
    ensure_secret(tmp_path)
    first = recorded_secret(tmp_path)
    ensure_secret(tmp_path)

    assert recorded_secret(tmp_path) == first
    assert len(first) > 50


def test_secret_without_data_directory_is_not_written(tmp_path):
    assert recorded_secret(tmp_path / "none") != recorded_secret(tmp_path / "none")
    assert not (tmp_path / "none").exists()
