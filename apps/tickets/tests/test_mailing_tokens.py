import pytest

from apps.tickets.mailing.tokens import message_id, ticket_of_addresses, ticket_of_ids, ticket_token


def address(pk):
    return f"support+{ticket_token(pk)}@desk.example"


@pytest.mark.parametrize("pk", [1, 1001, 2**40])
def test_an_address_names_its_ticket(pk):
    assert ticket_of_addresses(["ana@mail.example", address(pk)]) == pk
    assert len(address(pk).split("@")[0]) <= 64


def test_capitals_do_not_matter_once_they_are_lowered():
    assert ticket_of_addresses([address(7).upper().lower()]) == 7


@pytest.mark.parametrize("place", range(26))
def test_a_tampered_address_names_none(place):
    token = ticket_token(1001)
    other = "a" if token[place] != "a" else "b"
    tampered = f"support+{token[:place]}{other}{token[place + 1 :]}@desk.example"

    # The last letter carries unused bits: what decodes to the same bytes is the same token.
    assert ticket_of_addresses([tampered]) in ((None, 1001) if place == 25 else (None,))


@pytest.mark.parametrize(
    "text", ["support@desk.example", "support+abc@desk.example", "support+@desk.example", ""]
)
def test_other_addresses_name_none(text):
    assert ticket_of_addresses([text]) is None


def test_another_installations_token_names_none(settings):
    foreign = address(1)
    settings.SECRET_KEY = "another-secret-of-another-installation-0123456789-0123456789"

    assert ticket_of_addresses([foreign]) is None


def test_our_message_ids_name_their_ticket():
    assert ticket_of_ids(["<root@mail.example>", message_id(5, 1), message_id(6, "received")]) == 6


@pytest.mark.parametrize(
    ("ours", "theirs"), [("tkt.5.", "tkt.6."), (".1.", ".2."), ("@", "0@"), ("<tkt", "<tk")]
)
def test_a_tampered_message_id_names_none(ours, theirs):
    assert ticket_of_ids([message_id(5, 1).replace(ours, theirs, 1)]) is None


def test_message_ids_stay_the_same_and_differ():
    assert message_id(5, 1) == message_id(5, 1)
    assert len({message_id(5, 1), message_id(5, 2), message_id(6, 1)}) == 3
