"""Systems outside the desk. One without an address is switched off, and the pages that need it say so."""

from helpdesk.settings.environment import env, outside

# The address that browsers, carriers and gateways use: links in mails and signed webhooks are built from it.
PUBLIC_BASE_URL = outside("PUBLIC_BASE_URL", default="http://127.0.0.1:8000").rstrip("/")

ORDER_SOURCE = {
    "url": outside("ORDER_SOURCE_URL").rstrip("/"),
    "key_id": outside("ORDER_SOURCE_KEY_ID"),
    "secret": outside("ORDER_SOURCE_SECRET"),
}
KUAIDI100 = {
    "url": outside("KUAIDI100_URL", default="https://poll.kuaidi100.com").rstrip("/"),
    "customer": outside("KUAIDI100_CUSTOMER"),
    "key": outside("KUAIDI100_KEY"),
    "salt": outside("KUAIDI100_SALT"),
}
TRACK17 = {
    "url": outside("TRACK17_URL", default="https://api.17track.net").rstrip("/"),
    "key": outside("TRACK17_KEY"),
}
REFUND_GATEWAY = {
    "url": outside("REFUND_GATEWAY_URL").rstrip("/"),
    "key_id": outside("REFUND_GATEWAY_KEY_ID"),
    "secret": outside("REFUND_GATEWAY_SECRET"),
}

# smtp://user:password@host:25, smtp+tls://…:587, smtp+ssl://…:465; without it mail waits in the outbox.
SMTP_URL = outside("SMTP_URL")
MAIL_FROM = env.str("MAIL_FROM", default="Helpdesk <support@desk.example>")
MAIL_DOMAIN = env.str("MAIL_DOMAIN", default="desk.example")  # of reply addresses and Message-IDs

METRICS_TOKEN = env.str("METRICS_TOKEN", default="")  # without it /metrics answers to loopback only
ALERT_WEBHOOK_URL = env.str("ALERT_WEBHOOK_URL", default="")
ALERT_WEBHOOK_SECRET = env.str("ALERT_WEBHOOK_SECRET", default="")

# What the demo stores about its stand-ins; empty on a desk that runs without them.
STANDINS = {
    "event_secret": outside("EVENT_SECRET"),
    "imap": outside("MAILBOX_IMAP"),  # host:port
    "mailbox_password": outside("MAILBOX_PASSWORD"),
}

# EventBridge's first generation of signatures (HMAC-SHA1) is refused unless somebody still needs it.
EVENTBRIDGE_ACCEPT_V1 = env.bool("EVENTBRIDGE_ACCEPT_V1", default=False)
EVENT_KEEP_DAYS = env.int("EVENT_KEEP_DAYS", default=90)  # processed and ignored events are then deleted

# When e-mail that can wait does: in the customer's zone, or in QUIET_ZONE where that is unknown. Empty: never.
QUIET_HOURS = env.str("QUIET_HOURS", default="22-08")
QUIET_ZONE = env.str("QUIET_ZONE", default="Asia/Shanghai")

# Networks inside that the desk may call although nobody configured the very address: mail servers, mostly.
OUTGOING_NETWORKS = env.list("OUTGOING_NETWORKS", default=[])
# What stands in the environment may lie inside: stand-ins do, and shops' own services.
OUTGOING_ORIGINS = [
    ORDER_SOURCE["url"],
    KUAIDI100["url"],
    TRACK17["url"],
    REFUND_GATEWAY["url"],
    ALERT_WEBHOOK_URL,
    outside("SLS_URL"),
    env.str("OIDC_ISSUER", default=""),
    f"imap://{outside('MAILBOX_IMAP')}" if outside("MAILBOX_IMAP") else "",
]
