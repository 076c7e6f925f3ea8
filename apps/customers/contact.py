import re
from dataclasses import dataclass

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.utils.translation import gettext as _

from apps.common.errors import Invalid

NAME_MAX = 120
EMAIL_MAX = 254
PHONE = re.compile(r"\+?[0-9(][0-9 ()./-]{2,30}")


@dataclass(frozen=True)
class Contact:
    """How to call and reach somebody; empty strings where nothing is known."""

    name: str = ""
    email: str = ""
    phone: str = ""

    def given(self) -> dict[str, str]:
        """The fields that are not empty."""
        return {field: value for field, value in vars(self).items() if value}


def clean_contact(*, name: str = "", email: str = "", phone: str = "") -> Contact:
    """What somebody typed, trimmed. Raises ``Invalid`` naming each malformed field."""
    contact = _trimmed(name, email, phone)
    faults = _faults(contact)
    if faults:
        raise Invalid(_("Please check the address."), fields=faults)
    return contact


def usable_contact(*, name: str = "", email: str = "", phone: str = "") -> Contact:
    """What a shop sent, without the malformed fields: its records must not keep anybody from chatting."""
    contact = _trimmed(name, email, phone)
    faults = _faults(contact)
    return Contact(**{field: "" if field in faults else value for field, value in vars(contact).items()})


def _trimmed(name: str, email: str, phone: str) -> Contact:
    # Control characters, the zero byte first of all, have no place in a line of text.
    line = " ".join("".join(char if char.isprintable() else " " for char in name).split())
    return Contact(line[:NAME_MAX].strip(), email.strip(), phone.strip())


def _faults(contact: Contact) -> dict[str, list[str]]:
    faults = {}
    if contact.email and not _is_email(contact.email):
        faults["email"] = [_("This is not an e-mail address.")]
    if contact.phone and not PHONE.fullmatch(contact.phone):
        faults["phone"] = [_("This is not a phone number.")]
    return faults


def _is_email(text: str) -> bool:
    try:
        validate_email(text)
    except ValidationError:
        return False
    return len(text) <= EMAIL_MAX
