"""Who vouches for the audit trail, and where it is sent besides."""

from helpdesk.settings.environment import DATA_DIR, env, outside

# Base64 of the 32 bytes of an Ed25519 key; development makes one, production has none unless it is given.
AUDIT_SIGNING_KEY = env.str("AUDIT_SIGNING_KEY", default="")
AUDIT_VERIFY_KEYS = env.list("AUDIT_VERIFY_KEYS", default=[])  # public keys of earlier signing keys
AUDIT_MAKES_KEY = False
AUDIT_FOLDER = DATA_DIR / "audit"
AUDIT_CHECKPOINT_FILE = env.str("AUDIT_CHECKPOINT_FILE", default="")  # each checkpoint becomes a line of it

AUDIT_ACCOUNT = env.str("AUDIT_ACCOUNT", default="desk")  # ``accountId`` of events
ALIBABA_REGION = env.str("ALIBABA_REGION", default="")

# Simple Log Service; without an address the trail stays where it is.
SLS = {
    "url": outside("SLS_URL").rstrip("/"),  # https://<project>.<region>.log.aliyuncs.com
    "logstore": outside("SLS_LOGSTORE", default="audit"),
    "key_id": outside("SLS_KEY_ID"),
    "secret": outside("SLS_SECRET"),
    "region": env.str("SLS_REGION", default="") or ALIBABA_REGION or "cn-hangzhou",
}
