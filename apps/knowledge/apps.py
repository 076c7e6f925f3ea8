from django.utils.translation import gettext_lazy as _

from apps.common.appconfig import DeskAppConfig


class KnowledgeConfig(DeskAppConfig):
    """What the desk knows: FAQs and canned replies."""

    name = "apps.knowledge"
    label = "knowledge"
    verbose_name = _("Knowledge")
