from dataclasses import dataclass


@dataclass(frozen=True)
class Shopper:
    """An actor of the kind that customers are."""

    pk: int = 1
    actor_kind: str = "customer"
    actor_label: str = "Shopper"
