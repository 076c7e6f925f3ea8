from enum import StrEnum

from apps.access.registry import register_actions


class CustomerAction(StrEnum):
    """What a policy may grant over customers."""

    READ = "customers:ReadCustomer"
    UPDATE = "customers:UpdateCustomer"


register_actions(
    CustomerAction,
    agent={CustomerAction.READ, CustomerAction.UPDATE},
    supervisor={CustomerAction.READ, CustomerAction.UPDATE},
    manager=set(CustomerAction),
    auditor={CustomerAction.READ},
    api_client={CustomerAction.READ},
)
