from apps.common.appconfig import DeskAppConfig


class KnowledgeConfig(DeskAppConfig):
    """What the desk knows: FAQs and canned replies."""

    name = "apps.knowledge"
    label = "knowledge"
