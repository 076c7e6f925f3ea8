"""Payment gateways by name. A payment's channel does not choose yet: one gateway stands before all of them."""

from apps.refunds.gateways.base import Registry
from apps.refunds.gateways.rest import RestGateway

registry = Registry()
registry.add(RestGateway())
DEFAULT = RestGateway.name
