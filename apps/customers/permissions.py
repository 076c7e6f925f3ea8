from enum import StrEnum

from apps.access.registry import register_actions


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


WRITES = {CustomerAction.READ, CustomerAction.UPDATE, CustomerAction.RECORD_CONSENT}

register_actions(
    CustomerAction,
    agent=WRITES,
    supervisor=WRITES,
    manager=set(CustomerAction),
    auditor={CustomerAction.READ, CustomerAction.READ_PRIVACY},
    api_client={CustomerAction.READ},
)
