"""Systems outside the desk. One without an address is switched off, and the pages that need it say so."""

from helpdesk.settings.environment import env

# The address that browsers, carriers and gateways use: links in mails and signed webhooks are built from it.
PUBLIC_BASE_URL = env.str("PUBLIC_BASE_URL", default="http://127.0.0.1:8000").rstrip("/")

ORDER_SOURCE = {
    "url": env.str("ORDER_SOURCE_URL", default="").rstrip("/"),
    "key_id": env.str("ORDER_SOURCE_KEY_ID", default=""),
    "secret": env.str("ORDER_SOURCE_SECRET", default=""),
}
KUAIDI100 = {
    "url": env.str("KUAIDI100_URL", default="https://poll.kuaidi100.com").rstrip("/"),
    "customer": env.str("KUAIDI100_CUSTOMER", default=""),
    "key": env.str("KUAIDI100_KEY", default=""),
    "salt": env.str("KUAIDI100_SALT", default=""),
}
TRACK17 = {
    "url": env.str("TRACK17_URL", default="https://api.17track.net").rstrip("/"),
    "key": env.str("TRACK17_KEY", default=""),
}
REFUND_GATEWAY = {
    "url": env.str("REFUND_GATEWAY_URL", default="").rstrip("/"),
    "key_id": env.str("REFUND_GATEWAY_KEY_ID", default=""),
    "secret": env.str("REFUND_GATEWAY_SECRET", default=""),
}

# smtp://user:password@host:25, smtp+tls://…:587, smtp+ssl://…:465; without it mail waits in the outbox.
SMTP_URL = env.str("SMTP_URL", default="")
MAIL_FROM = env.str("MAIL_FROM", default="Helpdesk <support@desk.example>")
MAIL_DOMAIN = env.str("MAIL_DOMAIN", default="desk.example")  # of reply addresses and Message-IDs

METRICS_TOKEN = env.str("METRICS_TOKEN", default="")  # without it /metrics answers to loopback only
ALERT_WEBHOOK_URL = env.str("ALERT_WEBHOOK_URL", default="")
ALERT_WEBHOOK_SECRET = env.str("ALERT_WEBHOOK_SECRET", default="")
