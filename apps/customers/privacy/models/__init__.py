from apps.customers.privacy.models.requests import CustomerExport, Erasure, ErasureStep
from apps.customers.privacy.models.retention import KEEP_MIN, PurgeRun, RetentionRule
from apps.customers.privacy.models.wishes import Consent, LegalHold

__all__ = [
    "KEEP_MIN",
    "Consent",
    "CustomerExport",
    "Erasure",
    "ErasureStep",
    "LegalHold",
    "PurgeRun",
    "RetentionRule",
]
