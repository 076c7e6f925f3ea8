import json
from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from apps.chat.tests.factories import ChatSessionFactory, QueueFactory, active_session, default_queue
from apps.routing.tests.factories import RuleFactory, SkillFactory

pytestmark = pytest.mark.django_db


def explain(*arguments):
    out = StringIO()
    call_command("explain_routing", *arguments, stdout=out)
    return out.getvalue()


@pytest.fixture
def shoes():
    default_queue()
    rule = RuleFactory(
        queue=QueueFactory(slug="shoes", priority=4), name="Shoes", product_category="shoes", position=0
    )
    rule.skills.add(SkillFactory(slug="sizes"))
    return rule


def case_file(tmp_path, content):
    path = tmp_path / "case.json"
    path.write_text(content if isinstance(content, str) else json.dumps(content))
    return str(path)


def test_a_chat_tells_its_stored_story(shoes):
    session = active_session(queue=shoes.queue)
    shoes.delete()  # the rules of today do not matter

    found = json.loads(explain(f"--session={session.public_id}", "--json"))

    assert (found["queue"], found["state"]) == ("shoes", "assigned")
    assert [line["step"] for line in found["trace"]] == ["queued", "assigned"]


def test_a_chat_with_the_robot_tells_where_it_would_go(shoes):
    session = ChatSessionFactory(product_category="shoes")

    found = json.loads(explain(f"--session={session.public_id}", "--json"))

    assert (found["queue"], found["rule"], found["state"]) == ("shoes", "Shoes", None)


def test_a_case_is_decided_by_the_rules(shoes, tmp_path):
    found = json.loads(explain("--case", case_file(tmp_path, {"product_category": "Shoes"}), "--json"))

    assert found == {
        "queue": "shoes",
        "skills": ["sizes"],
        "priority": 4,
        "rule": "Shoes",
        "allocation": "least_busy",
        "state": None,
        "trace": [{"step": "decided", "why": [f"{shoes}: matches, to {shoes.queue}, wanting sizes"]}],
    }


def test_a_case_without_a_rule_goes_to_the_default(shoes, tmp_path):
    found = json.loads(explain("--case", case_file(tmp_path, {}), "--json"))

    assert found["rule"] is None
    assert found["trace"][0]["why"][0] == f"{shoes}: product_category is '', not 'shoes'"


def test_people_read_lines(shoes, tmp_path):
    text = explain("--case", case_file(tmp_path, {"product_category": "shoes"}))

    assert text.startswith("queue: shoes\nrule: Shoes\npriority: 4\n")
    assert "decided" in text


@pytest.mark.parametrize("content", ["{", "[]", '{"colour": "red"}', '{"channel": 3}'])
def test_a_file_that_is_no_case_is_a_bad_argument(content, tmp_path):
    with pytest.raises(CommandError) as refused:
        explain("--case", case_file(tmp_path, content))

    assert refused.value.returncode == 2


def test_an_unknown_chat_is_a_bad_argument():
    with pytest.raises(CommandError) as refused:
        explain("--session", "x" * 22)

    assert refused.value.returncode == 2


def test_without_a_queue_the_check_does_not_hold(tmp_path):
    with pytest.raises(CommandError) as refused:
        explain("--case", case_file(tmp_path, {}))

    assert refused.value.returncode == 1


def test_a_missing_file_is_a_bad_argument(tmp_path):
    with pytest.raises(CommandError) as refused:
        explain("--case", str(tmp_path / "none.json"))

    assert refused.value.returncode == 2
