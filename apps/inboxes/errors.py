from apps.common.errors import Invalid


class BadIdentity(Invalid):
    """The signed identity of a customer does not hold."""

    code = "bad_identity"
