"""The codes with which the desk closes a chat socket; see the protocol document."""

PROTOCOL_ERROR, NOT_SIGNED_IN, FORBIDDEN, UNKNOWN_SESSION = 4400, 4401, 4403, 4404
NOT_CONFIRMING, TOO_FAST = 4408, 4429
TRY_AGAIN = 1013
