"""The REST API and its OpenAPI document."""

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "apps.access.authentication.BearerAuthentication",
        "rest_framework.authentication.SessionAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["apps.common.api.permissions.IsSignedIn"],
    "DEFAULT_PARSER_CLASSES": [
        "apps.common.api.parsers.TextParser",
        "rest_framework.parsers.MultiPartParser",
    ],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PAGINATION_CLASS": "apps.common.api.pagination.KeysetPagination",
    "DEFAULT_FILTER_BACKENDS": ["django_filters.rest_framework.DjangoFilterBackend"],
    "DEFAULT_SCHEMA_CLASS": "apps.access.schema.DeskSchema",
    "EXCEPTION_HANDLER": "apps.common.api.errors.problem_handler",
    "DEFAULT_THROTTLE_CLASSES": [
        "rest_framework.throttling.AnonRateThrottle",
        "rest_framework.throttling.UserRateThrottle",
    ],
    "DEFAULT_THROTTLE_RATES": {"anon": "600/min", "user": "3000/min", "visitor": "1200/min"},
    "TEST_REQUEST_DEFAULT_FORMAT": "json",
}

SPECTACULAR_SETTINGS = {
    "TITLE": "Helpdesk API",
    "DESCRIPTION": "Everything the desk does, for programs. Errors are `{code, detail, …}`; "
    "lists are keyset-paginated.",
    "VERSION": "1",
    "SERVE_INCLUDE_SCHEMA": False,
    "SERVE_PERMISSIONS": ["rest_framework.permissions.AllowAny"],
    "SERVE_AUTHENTICATION": [],
    "SCHEMA_PATH_PREFIX": "/api/v1",
    "COMPONENT_SPLIT_REQUEST": True,
    # Choices that several resources share a field's name for, or use under several names.
    "ENUM_NAME_OVERRIDES": {
        "InboxChannelEnum": "apps.inboxes.enums.Channel",
        "OrderStatusEnum": "apps.orders.enums.OrderStatus",
        "ShipmentStatusEnum": "apps.orders.enums.ShipmentStatus",
        "TicketStatusEnum": "apps.tickets.enums.TicketStatus",
        "TicketChannelEnum": "apps.tickets.enums.TicketChannel",
        "TicketAuthorKindEnum": "apps.tickets.enums.AuthorKind",
        "SurveyStateEnum": "apps.surveys.enums.SurveyState",
        "EventStateEnum": "apps.eventbridge.enums.EventState",
        "OutboxStateEnum": "apps.notifications.enums.MailState",
        "CustomerLevelEnum": "apps.customers.enums.CustomerLevel",
        "RefundStateEnum": "apps.refunds.enums.RefundState",
        "PurgeStateEnum": "apps.customers.privacy.enums.PurgeState",
        "ExportStateEnum": "apps.customers.privacy.enums.ExportState",
        "ErasureStateEnum": "apps.customers.privacy.enums.ErasureState",
        "RefundReasonEnum": "apps.refunds.enums.RefundReason",
        "ErasureReasonEnum": "apps.customers.privacy.enums.ErasureReason",
        "ConsentPurposeEnum": "apps.customers.privacy.enums.ConsentPurpose",
        "ConsentSourceEnum": "apps.customers.privacy.enums.ConsentSource",
        "GrantKindEnum": "apps.access.enums.GrantKind",
        "GrantStateEnum": "apps.access.enums.GrantState",
    },
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "REDOC_DIST": "SIDECAR",
}
