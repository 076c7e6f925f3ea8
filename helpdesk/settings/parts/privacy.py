"""How long copies of personal data are kept, and when the night is in which data go by age."""

from helpdesk.settings.environment import env

EXPORT_KEEP_DAYS = env.int("EXPORT_KEEP_DAYS", default=7)
PRIVACY_ZONE = env.str("PRIVACY_ZONE", default="Asia/Shanghai")  # purges begin between 1 and 5 o'clock there
