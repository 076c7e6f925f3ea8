"""The words of a milestone: those that the desk brings, as templates in files."""

from dataclasses import dataclass, fields
from functools import lru_cache
from typing import Any

from django.template import Context, Engine, TemplateDoesNotExist, TemplateSyntaxError
from django.template.loader import get_template

# No loaders and no tag libraries: what a manager writes can show facts and nothing else.
ENGINE = Engine(autoescape=False)


class BadText(Exception):
    """A text that cannot be filled with facts."""


@dataclass(frozen=True)
class Texts:
    """Templates, or what came of them: of a mail's subject and body and of the line in the chat."""

    subject: str
    body: str
    chat: str

    def over(self, other: "Texts") -> "Texts":
        """These, and where one is empty that of ``other``."""
        names = [field.name for field in fields(self)]
        return Texts(**{name: getattr(self, name) or getattr(other, name) for name in names})

    def filled(self, facts: dict[str, Any]) -> "Texts":
        """The texts with ``facts`` in place. Raises ``BadText``."""
        return Texts(
            subject=" ".join(_fill(self.subject, facts).split()),
            body=_fill(self.body, facts).strip(),
            chat=_fill(self.chat, facts).strip(),
        )


def _fill(source: str, facts: dict[str, Any]) -> str:
    try:
        return ENGINE.from_string(source).render(Context(facts, autoescape=False))
    except (TemplateSyntaxError, TemplateDoesNotExist, ValueError, TypeError, LookupError) as error:
        raise BadText(str(error)) from error


@lru_cache(maxsize=64)
def shipped(milestone: str, language: str) -> Texts:
    """The texts of the desk itself, from ``templates/notifications/<milestone>.<language>.<part>.txt``."""
    return Texts(*(_source(f"{milestone}.{language}.{part}.txt") for part in ("subject", "body", "chat")))


def _source(name: str) -> str:
    template: Any = get_template(f"notifications/{name}")
    return template.template.source


# What previews and checks put in place of the facts.
SAMPLES: dict[str, Any] = {
    "name": "Li Wei 李伟",
    "order_no": "SN20261111-0042",
    "amount": "¥129.00",
    "carrier": "SF Express 顺丰",
    "tracking_no": "SF1039485763920",
    "eta": "24 Nov",
    "reason": "The address is incomplete.",
    "refund_no": "RF-20261111-7",
    "ticket_no": "T-1042",
    "subject": "The zip is broken",
    "shop_name": "Sunny Shop",
    "lines": [{"name": "Ana", "text": "Your parcel is on its way."}],
    "link": "https://shop.example/orders/SN20261111-0042",
}
