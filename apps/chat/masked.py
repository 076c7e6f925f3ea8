"""Frames as somebody gets them who sees masks. Others never come here."""

from apps.access import masking
from apps.access.names import NOBODYS, Names, in_record, mask_in_record
from apps.chat.frames import Frame
from apps.chat.wire import pack, unpack
from apps.common.fleeting import Fleeting


def mask_frame(frame: Frame, called: Names = NOBODYS) -> Frame:
    """``frame`` without what leads to the customer, who is ``called`` so."""
    masked = mask_in_record(masking.mask_record(frame), called | in_record(frame))
    if frame.get("type") == "typing" and frame.get("name"):
        masked["name"] = masking.mask_name(frame["name"])  # agents hear of customers only
    return masked


@Fleeting
def masked_head(head: str, called: Names) -> str:
    """The same of a packed line that lacks its end; made once for all sockets of the process that need it."""
    frame = unpack(f"{head}}}")
    return pack(mask_frame(frame, called))[:-1] if frame else head
