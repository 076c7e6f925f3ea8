from enum import StrEnum

from apps.access.registry import register_actions
from apps.access.viewing import SEE_PERSONAL_DATA


class CustomerAction(StrEnum):
    """What a policy may grant over customers."""

    READ = "customers:ReadCustomer"
    UPDATE = "customers:UpdateCustomer"
    RECORD_CONSENT = "customers:RecordConsent"
    READ_PRIVACY = "customers:ReadPrivacy"
    EXPORT = "customers:ExportCustomer"
    HOLD = "customers:HoldCustomer"
    ERASE = "customers:EraseCustomer"
    CONFIRM_ERASURE = "customers:ConfirmErasure"
    MANAGE_RETENTION = "customers:ManageRetention"
    SEE_PERSONAL = (
        SEE_PERSONAL_DATA  # else names, addresses and numbers are masked; never for a partner's people
    )


WRITES = {CustomerAction.READ, CustomerAction.UPDATE, CustomerAction.RECORD_CONSENT}

register_actions(
    CustomerAction,
    agent={*WRITES, CustomerAction.SEE_PERSONAL},
    supervisor={*WRITES, CustomerAction.SEE_PERSONAL},
    manager=set(CustomerAction),
    auditor={CustomerAction.READ, CustomerAction.READ_PRIVACY, CustomerAction.SEE_PERSONAL},
    api_client={CustomerAction.READ, CustomerAction.SEE_PERSONAL},
)
