import json

import pytest
from django.core.management import CommandError, call_command

from apps.knowledge.models import Faq, FaqCategory
from apps.knowledge.tests.demo import FOLDER

RECORD = {"topic": "a", "lang": "en", "category": "sizes", "question": "Q?", "similar": [], "answer": "A."}


def write(path, rows):
    path.write_text("\n".join(json.dumps(row, ensure_ascii=False) for row in rows), encoding="utf-8")
    return str(path)


def run(capsys, *args):
    call_command(*args, "--json")
    return json.loads(capsys.readouterr().out)


@pytest.mark.django_db
def test_import_faqs_reads_files_and_folders(tmp_path, capsys):
    write(tmp_path / "a.jsonl", [RECORD | {"key": "a.en"}])
    file = write(tmp_path / "b.json", [RECORD | {"key": "b.en", "topic": "b"}])

    assert run(capsys, "import_faqs", str(tmp_path), file) == {"created": 2, "updated": 0, "unchanged": 0}


@pytest.mark.django_db
def test_import_faqs_names_the_categories_of_a_folder(tmp_path, capsys):
    write(tmp_path / "a.jsonl", [RECORD | {"key": "a.en"}])
    names = [{"slug": "sizes", "name_en": "Sizes", "name_zh": "尺码"}]
    (tmp_path / "categories.json").write_text(json.dumps(names), encoding="utf-8")

    run(capsys, "import_faqs", str(tmp_path))

    assert FaqCategory.objects.get().name_zh == "尺码"


@pytest.mark.django_db
def test_import_faqs_is_all_or_nothing(tmp_path):
    file = write(tmp_path / "a.jsonl", [RECORD | {"key": "a.en"}, RECORD | {"key": "b.en", "answer": ""}])

    with pytest.raises(CommandError, match=r"b\.en"):
        call_command("import_faqs", file)

    assert not Faq.objects.exists()


def test_import_faqs_refuses_a_missing_path(tmp_path):
    with pytest.raises(CommandError) as refusal:
        call_command("import_faqs", str(tmp_path / "none"))

    assert refusal.value.returncode == 2


@pytest.mark.django_db
def test_the_demo_loads_whole_and_again_without_changes(capsys):
    first = run(capsys, "import_faqs", str(FOLDER))
    again = run(capsys, "import_faqs", str(FOLDER))

    assert first["created"] == again["unchanged"] == Faq.objects.count() >= 900
    assert not FaqCategory.objects.filter(name_zh__regex=r"^[A-Za-z -]+$").exists()
    assert Faq.objects.filter(hands_off=True).count() == 2


@pytest.fixture
def files(tmp_path):
    kb = [
        {
            "id": "t",
            "question": "Where is my order?",
            "similar": ["track my parcel"],
            "answer": None,
            "lang": "en",
        },
        {"id": "r", "question": "怎么退货", "similar": ["退掉"], "answer": "点退货", "lang": "zh"},
    ]
    queries = [
        {"qid": "1", "text": "tracking the parcel", "faq_id": "t", "lang": "en"},
        {"qid": "2", "text": "如何退货", "faq_id": "x", "also_ok": ["r"], "lang": "zh"},
        {"qid": "3", "text": "sing a song", "faq_id": None, "lang": "en"},
    ]
    return ["--kb", write(tmp_path / "kb", kb), "--queries", write(tmp_path / "queries", queries)]


def test_evaluate_sop_has_the_keys_of_the_contract(files, capsys):
    figures = run(capsys, "evaluate_sop", *files, "--threshold", "0.5")

    assert (figures["entries"], figures["queries"], figures["threshold"]) == (2, 3, 0.5)
    assert (figures["top1"], figures["top3"], figures["mrr10"], figures["oos_auroc"]) == (1, 1, 1, 1)
    assert {"oos_fpr_at_95_tpr", "p50_ms", "p99_ms", "index_s", "rss_mb"} <= figures.keys()


def test_evaluate_sop_writes_predictions(files, tmp_path, capsys):
    out = tmp_path / "predictions.jsonl"

    run(capsys, "evaluate_sop", *files, "--predictions", str(out))

    rows = [json.loads(line) for line in out.read_text(encoding="utf-8").splitlines()]
    assert [row["qid"] for row in rows] == ["1", "2", "3"]
    assert rows[0]["ranked"][0] == "t"
    assert all(0 <= row["confidence"] <= 1 for row in rows)


def test_evaluate_sop_prints_a_table_for_people(files, capsys):
    call_command("evaluate_sop", *files)

    assert "top1" in capsys.readouterr().out


def test_evaluate_sop_refuses_a_missing_file(files, tmp_path):
    with pytest.raises(CommandError) as refusal:
        call_command("evaluate_sop", "--kb", str(tmp_path / "none"), *files[2:])

    assert refusal.value.returncode == 2


@pytest.mark.parametrize("content", ["{", "[]", '{"qid": "1"}'])
def test_evaluate_sop_refuses_a_file_of_other_lines(files, tmp_path, content):
    broken = tmp_path / "broken"
    broken.write_text(content, encoding="utf-8")

    with pytest.raises(CommandError) as refusal:
        call_command("evaluate_sop", *files[:2], "--queries", str(broken))

    assert refusal.value.returncode == 2
