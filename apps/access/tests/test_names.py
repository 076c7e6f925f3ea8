"""Names in free text: found exactly, whatever their script, and nothing else is touched."""

from time import monotonic, thread_time

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from hypothesis import example, given
from hypothesis import strategies as st

from apps.access.masking import mask_name
from apps.access.name_parts import Names
from apps.access.names import (
    _pattern,
    in_record,
    likely_in,
    mask_in_record,
    mask_in_text,
    sure,
    usable,
    without_kept,
)
from apps.access.tests.factories import UserFactory, VendorFactory
from apps.chat.masked import masked_head
from apps.common.fleeting import LASTS
from apps.customers.tests.factories import CustomerFactory
from apps.tickets.tests.factories import TicketFactory

NAMES = usable(["王芳", "Jane  Doe", "Li", "O'Neil", "X", "://", "", None, "Visitor ab12"])


def test_only_names_that_can_be_told_from_other_words_are_looked_for():
    assert NAMES.whole == {"王芳", "Jane Doe", "Li", "O'Neil"}


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("请联系王芳女士", "请联系王**女士"),
        ("Dear JANE\n doe, list of Li’s lists", "Dear J**, list of L**’s lists"),
        ("是Li的", "是L**的"),
        ("Jane Does, Lila, Ali, Mary Jane", "J** Does, Lila, Ali, Mary J**"),
        ("O'neil: 3", "O**: 3"),
        ("O’Neil: 3", "O**: 3"),
        ("", ""),
    ],
)
def test_in_text(text, masked):
    assert mask_in_text(text, NAMES) == masked
    assert mask_in_text(masked, NAMES) == masked


@pytest.mark.parametrize(
    ("name", "text", "masked"),
    [
        ("Mary Jane Smith", "Thank you, Mary. (MARY, Smith’s)", "Thank you, M**. (M**, S**’s)"),
        ("mary smith", "Hi Mary, hi mary", "Hi M**, hi mary"),
        (
            "Will May",
            "I will go, and may write to Will on May Day",
            "I will go, and may write to W** on M** Day",
        ),
        ("Order Test", "Order 7 is a Test", "Order 7 is a Test"),
        ("Jean-Luc Wu", "Jean and Luc know Wu", "J** and L** know Wu"),
        ("Jan van der Berg", "Van der Berg, Vans", "Van der B**, Vans"),
        ("Sean D'Arcy", "D’Arcy", "D**"),
        ("Sean D’Arcy", "D'Arcy, D’Arcy, sean d'arcy", "D**, D**, s**"),
        ("Zoë Müller", "Zoë, ZOË, Müllers", "Z**, Z**, Müllers"),
        ("Анна Петрова", "Спасибо, Анна", "Спасибо, А**"),
        ("李小明", "谢谢小明，小芳", "谢谢小**，小芳"),
        ("欧阳明远", "明远你好", "明**你好"),
        ("王 小明", "小明你好", "小**你好"),
        ("微信用户", "用户你好", "用户你好"),
        ("mary.smith@example.com", "Mary", "Mary"),
        ("Mary Smith", "Mary.Smith@example.com, bill@Smith.com", "Mary.Smith@example.com, bill@Smith.com"),
    ],
)
def test_parts_of_a_name_are_masked_where_they_stand_for_it(name, text, masked):
    assert mask_in_text(text, usable([name])) == masked


def test_a_text_full_of_a_name_costs_no_more_than_its_length():
    text = "Mary." * 20_000
    began = thread_time()

    assert mask_in_text(text, usable(["Mary Smith"])) == "M**." * 20_000
    assert thread_time() - began < 2


def test_parts_are_looked_for_in_free_text_only():
    record = {
        "status": "Mary",
        "name": "Mary of the staff",
        "body": "To Mary",
        "files": [{"name": "Mary.pdf", "mime": "application/pdf"}],
    }
    names = usable(["Mary Smith"])

    masked = mask_in_record(record, names)

    assert masked == record | {"body": "To M**", "files": [{"name": "M**.pdf", "mime": "application/pdf"}]}


def test_states_and_keys_of_a_record_stay_what_they_are():
    record = {
        "status": "li",
        "Li": 1,
        "body": "Li, 王芳",
        "title": None,
        "tags": ["li", "王芳"],
        "n": [{"note": "LI"}],
    }

    assert mask_in_record(record, NAMES) == {
        "status": "li", "Li": 1, "body": "L**, 王**", "title": None, "tags": ["li", "王**"], "n": [{"note": "L**"}],
    }  # fmt: skip


def test_a_record_tells_names_itself():
    record = {
        "results": [
            {"sender": {"kind": "customer", "name": "Ann Lee"}, "customer": {"name": "Bo Yu"}},
            {"author_kind": "customer", "author_name": "Cy Orr"},
            {"sender": {"kind": "agent", "name": "Di Fox"}, "buyer_name": "Ed Moss"},
        ]
    }

    assert in_record(record).whole == {"Ann Lee", "Bo Yu", "Cy Orr", "Ed Moss"}


def test_what_is_shown_whole_keeps_its_names():
    left = without_kept(NAMES, ["Parcel of jane doe"])

    assert left.whole == NAMES.whole - {"Jane Doe"}
    assert not {"Jane", "Doe"} & left.parts
    assert mask_in_text("Mary, Smith", without_kept(usable(["Mary Smith"]), ["for Mary"])) == "Mary, S**"


@pytest.mark.parametrize(
    "kept",
    ["/t/files/WyJ0aWNrZXRzLlicnQ:1abc", "https://desk.example/t/files/Wy.Li:1abc", "deliver it"],
)
def test_what_is_shown_whole_shows_no_name_by_chance(kept):
    names = usable(["Li Ote", "Li"])

    assert mask_in_text("Li was here", without_kept(names, [kept])) == "L** was here"


def test_what_is_shown_whole_keeps_its_names_however_they_are_written():
    assert not without_kept(usable(["Jane O’Neil"]), ["to jane\nO'Neil"])
    assert not without_kept(usable(["Jane O'Neil"]), ["to jane\nO’NEIL"])


@pytest.mark.django_db
def test_names_of_a_list_cost_the_same_for_one_and_for_many(client):
    client.force_login(UserFactory(is_superuser=True, vendor=VendorFactory()))
    counts, answers = [], []
    for more in (1, 5):
        for customer in CustomerFactory.create_batch(more, name="欧阳明远"):
            TicketFactory(customer=customer, subject="给欧阳明远")
        client.get("/api/v1/tickets/")
        with CaptureQueriesContext(connection) as queries:
            answers.append(client.get("/api/v1/tickets/"))
        counts.append(len(queries))

    assert [len(answer.json()["results"]) for answer in answers] == [1, 6]
    assert {row["subject"] for row in answers[1].json()["results"]} == {"给欧**"}
    assert counts[0] == counts[1]


def test_no_process_remembers_names_for_longer_than_a_minute(monkeypatch):
    _pattern.cache_clear()
    masked_head.cache_clear()
    mask_in_record({"body": "Jane Doe"}, NAMES)
    masked_head('{"type":"message","body":"Jane Doe"', NAMES)
    later = monotonic() + LASTS + 1
    monkeypatch.setattr("apps.common.fleeting.monotonic", lambda: later)

    head = masked_head('{"type":"message","body":"Bo Yu"', usable(["Bo Yu"]))

    assert head.endswith('"body":"B**"')
    assert [one.cache_info().currsize for one in (_pattern, sure, masked_head)] == [1, 1, 1]


@example(["İA"], "ia")
@example(["IA"], "ıa")
@given(
    st.lists(st.text("aAiIİıſsSkKßσς'’ 王小", min_size=2, max_size=5), max_size=3),
    st.text("aAiIİıſsSkKßσς'’ 王小\u0307", max_size=12),
)
def test_whom_the_first_look_leaves_out_the_text_does_not_name(called, text):
    found = usable(called)

    assert mask_in_text(text, found) == (
        _pattern(found).sub(lambda one: mask_name(one[0]), text) if found else text
    )


def test_of_a_list_only_who_is_named_is_looked_for():
    everybody = usable(["Mary O'Brien", "Ann Lee", "王小明"])

    assert likely_in("Did MARY write?", everybody) == Names(
        frozenset({"Mary O'Brien"}), frozenset({"Mary", "MARY"})
    )
    assert not likely_in("Nobody did.", everybody)
