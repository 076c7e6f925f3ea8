from apps.common.events import subscribe
from apps.routing import bell
from apps.routing.events import HoursChanged, OfferEnded, PresenceChanged, WorkQueued, WorkReleased


@subscribe(WorkQueued)
@subscribe(WorkReleased)
@subscribe(OfferEnded)
@subscribe(PresenceChanged)
@subscribe(HoursChanged)
def wake_dispatcher(event: object) -> None:
    """Work to give, or somebody to give it to: look at once, rather than at the next sweep."""
    bell.ring()
