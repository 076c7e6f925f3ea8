from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True)
class CustomerCreated:
    """Somebody reached the desk for the first time."""

    customer_id: int
    at: datetime


@dataclass(frozen=True)
class CustomerChanged:
    """Name, address, level or notes of a customer are not what they were."""

    customer_id: int
    fields: tuple[str, ...]
    at: datetime


@dataclass(frozen=True)
class CustomerErased:
    """Nothing personal of a customer is left."""

    customer_id: int
    at: datetime


@dataclass(frozen=True)
class PurgeFailed:
    """A purge by age met an error and stopped."""

    run_id: int
    kind: str
    at: datetime


@dataclass(frozen=True)
class PurgeStarted:
    """A purge by age waits for a worker."""

    run_id: int
    at: datetime


@dataclass(frozen=True)
class ExportRequested:
    """A copy of somebody's data is to be built."""

    export_id: int
    at: datetime


@dataclass(frozen=True)
class ErasureConfirmed:
    """Somebody's data are to go."""

    erasure_id: int
    at: datetime
