import pytest

from apps.common.testing.dependencies import IGNORED, ignored, verdict

WEAK = {"name": "old", "version": "1.0", "vulns": [{"id": "PYSEC-1", "fix_versions": ["1.1"]}]}


@pytest.mark.parametrize(
    ("report", "status", "said"),
    [
        (None, 0, "not audited"),
        ({"dependencies": [{"name": "a", "version": "1", "vulns": []}]}, 0, ""),
        ({"dependencies": [WEAK]}, 1, "old 1.0: PYSEC-1, mended in ['1.1']"),
        (
            {"dependencies": [{"name": "a", "skip_reason": "unknown"}]},
            0,
            "1 of 1 dependencies were not audited",
        ),
    ],
)
def test_a_known_weakness_fails_and_a_missing_network_warns(report, status, said):
    found, lines = verdict(report)

    assert found == status
    assert said in "\n".join(lines)


def test_an_advisory_is_ignored_for_a_reason_only():
    assert ignored("# none\nPYSEC-1 we never parse XML  # see\n\n") == ["PYSEC-1"]
    with pytest.raises(ValueError, match="PYSEC-2"):
        ignored("PYSEC-2")


def test_the_ignored_ones_have_reasons():
    ignored(IGNORED.read_text())
