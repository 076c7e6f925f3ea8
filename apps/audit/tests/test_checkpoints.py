import json
from io import StringIO

import pytest
from django.conf import settings
from django.core.management import CommandError, call_command

from apps.audit import checkpoints, proofs
from apps.audit.models import AuditEvent, AuditSeal
from apps.audit.tests.tampering import remake_chain, run, sealed, tamper

pytestmark = pytest.mark.django_db(transaction=True)

# Where the trail stood, signed


def test_a_trail_that_was_rewritten_with_its_seals_is_caught(trail, tmp_path):
    file = tmp_path / "checkpoints.jsonl"
    call_command("audit_checkpoint", "--to", str(file), stdout=StringIO())
    tamper("UPDATE audit_auditevent SET actor_name = 'nobody' WHERE id = %s", trail[5])
    remake_chain()

    assert run()[0]["ok"]  # it agrees with itself
    found, code = run("--checkpoint", str(file))

    assert (code, found["first_bad"]["id"]) == (1, trail[0])
    assert "rewritten" in found["first_bad"]["why"]


def test_between_two_checkpoints_the_later_part_is_named(trail, tmp_path):
    file = tmp_path / "checkpoints.jsonl"
    tamper("DELETE FROM audit_auditseal WHERE number = 3")
    checkpoints.keep(file)
    sealed()
    checkpoints.keep(file)
    assert run("--checkpoint", str(file))[0]["checkpoints"] == 2
    tamper("UPDATE audit_auditevent SET actor_name = 'nobody' WHERE id = %s", trail[9])
    tamper("DELETE FROM audit_auditseal WHERE number >= 3")
    sealed()

    found, _code = run("--checkpoint", str(file))

    assert (found["first_bad"]["id"], found["first_bad"]["seal"]) == (trail[8], 3)


def test_a_trail_that_was_cut_off_is_caught(trail, tmp_path):
    file = tmp_path / "checkpoints.jsonl"
    checkpoints.keep(file)
    tamper("DELETE FROM audit_auditevent WHERE id >= %s", trail[8])
    tamper("DELETE FROM audit_auditseal WHERE number = 3")

    assert run()[0]["ok"]
    found, code = run("--checkpoint", str(file))

    assert (code, found["first_bad"]["id"], found["first_bad"]["seal"]) == (1, trail[7] + 1, 3)


def test_an_untouched_trail_agrees_with_all_its_checkpoints(trail, tmp_path):
    file = tmp_path / "checkpoints.jsonl"

    assert checkpoints.keep(file) is not None
    assert checkpoints.keep(file) is None  # no news
    sealed()
    assert checkpoints.keep(file) is not None

    found, code = run("--checkpoint", str(file))
    assert (code, found["ok"], found["checkpoints"]) == (0, True, 2)


def test_two_lines_about_one_seal_that_differ_are_caught_in_either_order(trail, tmp_path, caplog):
    file, other = tmp_path / "checkpoints.jsonl", tmp_path / "other.jsonl"
    checkpoints.keep(file)
    tamper("UPDATE audit_auditevent SET actor_name = 'nobody' WHERE id = %s", trail[5])
    tamper("DELETE FROM audit_auditevent WHERE id = %s", trail[12])
    remade = remake_chain()
    assert (remade, AuditSeal.objects.count()) == (12, 3)

    checkpoints.keep(file)

    first, second = file.read_text().splitlines()
    assert json.loads(first)["seal"] == json.loads(second)["seal"]
    assert "another hash" in caplog.text
    other.write_text(f"{second}\n{first}\n")
    for path in (file, other):
        found, code = run("--checkpoint", str(path))
        assert (code, found["ok"]) == (1, False)
        assert "rewritten" in found["first_bad"]["why"]


@pytest.mark.parametrize("torn", ['{"seal": 3, "ha', "[]", '{"seal": null, "hash": ""}\n', "\xff\n"])
def test_behind_a_torn_line_checkpoints_go_on(trail, tmp_path, torn):
    file = tmp_path / "checkpoints.jsonl"
    checkpoints.keep(file)
    with file.open("ab") as stream:
        stream.write(torn.encode("latin-1"))

    assert checkpoints.keep(file) is not None
    assert checkpoints.keep(file) is None

    assert len(file.read_bytes().splitlines()) == 3
    with pytest.raises(CommandError, match="Line 2") as told:
        run("--checkpoint", str(file))
    assert told.value.returncode == 2


def test_a_bad_line_takes_nothing_from_the_others(trail, tmp_path):
    file = tmp_path / "checkpoints.jsonl"
    file.write_text("nonsense\n")
    checkpoints.keep(file)
    tamper("UPDATE audit_auditevent SET actor_name = 'nobody' WHERE id = %s", trail[5])
    remake_chain()

    found, code = run("--checkpoint", str(file))

    assert (code, "rewritten" in found["first_bad"]["why"]) == (1, True)


FORGED = [
    {"key": []},
    {"signature": 5},
    {"total": 99},
    {"seal": 1},
    {"at": "2020-01-01"},
    {"signature": "AAAA"},
    {"key": "0" * 16},
    None,
]


@pytest.mark.parametrize("change", FORGED)
def test_a_checkpoint_that_nobody_signed_is_no_checkpoint(trail, tmp_path, change):
    file = tmp_path / "checkpoints.jsonl"
    checkpoints.keep(file)
    said = json.loads(file.read_text())
    file.write_text(json.dumps(said | change) if change else "nonsense")

    with pytest.raises(CommandError, match="Line 1") as refused:
        run("--checkpoint", str(file))
    assert refused.value.returncode == 2


def test_an_auditor_elsewhere_brings_the_public_key(trail, tmp_path, settings):
    file, out = tmp_path / "checkpoints.jsonl", StringIO()
    checkpoints.keep(file)
    call_command("audit_checkpoint", "--public-key", stdout=out)
    settings.AUDIT_MAKES_KEY = False

    with pytest.raises(CommandError, match="none of ours"):
        run("--checkpoint", str(file))
    assert run("--checkpoint", str(file), "--public-key", out.getvalue().strip())[0]["ok"]


def test_without_a_key_nothing_is_signed(trail, settings):
    settings.AUDIT_MAKES_KEY = False

    with pytest.raises(CommandError, match="AUDIT_SIGNING_KEY") as refused:
        call_command("audit_checkpoint")
    assert refused.value.returncode == 2


def test_the_key_of_development_is_made_once_and_nobody_elses(tmp_path):
    first = checkpoints.signing_key()

    assert checkpoints.signing_key().private_bytes_raw() == first.private_bytes_raw()
    assert (tmp_path / checkpoints.KEY_FILE).stat().st_mode & 0o777 == 0o600


# Proofs


def test_an_event_is_proved_to_somebody_without_a_database(trail, tmp_path, django_assert_num_queries):
    out, file = StringIO(), tmp_path / "proof.json"
    call_command("verify_audit", "--prove", str(trail[6]), stdout=out)
    file.write_text(out.getvalue())
    proof = json.loads(out.getvalue())

    with django_assert_num_queries(0):
        found, code = run("--check-proof", str(file))

    assert (code, found["ok"], found["hash"]) == (0, True, AuditSeal.objects.get(number=2).hash)
    assert json.loads(proof["content"])[0] == trail[6]


@pytest.mark.parametrize("name", ["content", "event_id", "place", "count", "path", "root", "hash", "seal"])
def test_a_proof_that_was_altered_proves_nothing(trail, tmp_path, name):
    event = AuditEvent.objects.get(pk=trail[6])
    proof, file = proofs.prove(event), tmp_path / "proof.json"
    other = proofs.prove(AuditEvent.objects.get(pk=trail[9]))
    altered = {
        "place": 0,
        "count": 99,
        "path": proof["path"][::-1],
        "content": proof["content"].replace("Deed", "Dead"),
    }
    file.write_text(json.dumps(proof | {name: altered.get(name, other[name])}))

    found, code = run("--check-proof", str(file))

    assert (code, found["ok"]) == (1, False)
    assert found["why"]


def test_what_is_not_sealed_cannot_be_proved(trail):
    with pytest.raises(CommandError, match="not sealed yet"):
        call_command("verify_audit", "--prove", str(trail[12]))
    with pytest.raises(CommandError, match="no event"):
        call_command("verify_audit", "--prove", "99999999")


def test_no_proof_is_no_proof(tmp_path):
    file = tmp_path / "proof.json"
    for text in ("nonsense", "[]", "{}", '{"format": "other"}'):
        file.write_text(text)
        with pytest.raises(CommandError) as refused:
            run("--check-proof", str(file))
        assert refused.value.returncode == 2


def test_production_has_no_default_key():
    assert settings.AUDIT_SIGNING_KEY == ""
