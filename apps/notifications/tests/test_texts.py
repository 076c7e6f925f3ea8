import pytest

from apps.access.actors import SYSTEM
from apps.access.tests.factories import StaffFactory
from apps.audit.models import AuditEvent
from apps.common.errors import AccessDenied, Invalid
from apps.notifications import selectors
from apps.notifications.enums import Language
from apps.notifications.milestones import MILESTONES
from apps.notifications.models import NotificationTemplate
from apps.notifications.services import delete_template, save_template
from apps.notifications.services.wording import letter_of, words_of
from apps.notifications.tests.factories import NotificationFactory
from apps.notifications.texts import SAMPLES, BadText, Texts, shipped

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("language", Language.values)
@pytest.mark.parametrize("milestone", MILESTONES)
def test_the_desks_own_texts_use_the_facts(milestone, language):
    words = shipped(milestone, language).filled(SAMPLES)

    known = MILESTONES[milestone]
    shown = words.subject + words.body
    assert all(str(SAMPLES[name]) in shown for name in known.needs - {"lines", "shop_name"})
    assert words.subject
    assert words.body
    assert words.chat
    assert "{{" not in shown + words.chat


def test_every_fact_has_an_example():
    assert {fact for known in MILESTONES.values() for fact in known.needs | known.takes} <= set(SAMPLES)


def test_own_words_come_first_and_empty_ones_fall_back():
    save_template(milestone="order_paid", language="en", actor=SYSTEM, subject="Paid: {{ order_no }}")

    words = selectors.texts_for("order_paid", "en").filled({"order_no": "7", "amount": "¥1"})
    assert words.subject == "Paid: 7"
    assert "¥1" in words.body
    assert selectors.texts_for("order_paid", "zh") == shipped("order_paid", "zh")


def test_saving_again_replaces_and_is_audited():
    for subject in ("One", "Two"):
        save_template(milestone="order_paid", language="en", actor=SYSTEM, subject=subject)

    assert NotificationTemplate.objects.get().subject == "Two"
    assert AuditEvent.objects.deeds().count() == 2


@pytest.mark.parametrize("text", ["{% if %}", "{% load static %}", "{% include 'a' %}", "{{ a|b }}"])
def test_a_text_that_is_no_template_is_refused(text):
    with pytest.raises(Invalid) as refused:
        save_template(milestone="order_paid", language="en", actor=SYSTEM, body=text)
    assert list(refused.value.fields) == ["body"]
    assert not NotificationTemplate.objects.exists()


@pytest.mark.parametrize("kind", [{"milestone": "nothing"}, {"language": "fr"}])
def test_an_unknown_text_is_refused(kind):
    with pytest.raises(Invalid):
        save_template(**({"milestone": "order_paid", "language": "en"} | kind), actor=SYSTEM)


def test_saving_denied_changes_nothing():
    with pytest.raises(AccessDenied):
        save_template(milestone="order_paid", language="en", actor=StaffFactory(role="agent"), subject="x")
    assert not NotificationTemplate.objects.exists()


def test_deleting_goes_back_to_the_desks_words():
    row = save_template(milestone="order_paid", language="en", actor=SYSTEM, subject="x")

    with pytest.raises(AccessDenied):
        delete_template(row, actor=StaffFactory(role="supervisor"))
    delete_template(row, actor=SYSTEM)

    assert selectors.texts_for("order_paid", "en") == shipped("order_paid", "en")


def test_broken_words_in_the_database_give_way_to_the_desks_own(caplog):
    NotificationTemplate.objects.create(
        milestone="order_shipped",
        language="en",
        body="{% broken",
        subject="{% x %}",
        updated_at="2026-01-01T00:00Z",
    )

    assert words_of(NotificationFactory()).subject == "Order SN1 is on its way"
    assert "cannot be used" in caplog.text


def test_what_a_customer_typed_stays_text_in_html():
    notification = NotificationFactory(customer__name="<b>Ana</b>")

    letter = letter_of(notification, "ana@mail.example")
    assert "Hello <b>Ana</b>," in letter.text
    assert "&lt;b&gt;Ana&lt;/b&gt;" in letter.html
    assert "<b>" not in letter.html


def test_links_can_be_pressed():
    data = NotificationFactory().data | {"link": "https://shop.example/o/1"}

    letter = letter_of(NotificationFactory(data=data), "a@b.example")
    assert '<a href="https://shop.example/o/1"' in letter.html


def test_a_subject_stays_on_one_line():
    texts = Texts("A {{ x }}", "", "")

    assert texts.filled({"x": "b\r\nBcc: c"}).subject == "A b Bcc: c"


def test_templates_cannot_reach_files():
    with pytest.raises(BadText):
        Texts("", "{% load i18n %}", "").filled({})
