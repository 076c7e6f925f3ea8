from enum import StrEnum

from apps.access.registry import register_actions


class KnowledgeAction(StrEnum):
    """What a role may allow about the knowledge base; it is the whole desk's, so nothing here has a scope."""

    READ = "knowledge:ReadFaq"
    READ_RETIRED = "knowledge:ReadRetiredFaq"
    WRITE = "knowledge:WriteFaq"
    IMPORT = "knowledge:ImportFaqs"
    NOTE_FEEDBACK = "knowledge:NoteFeedback"
    READ_REPLY = "knowledge:ReadCannedReply"
    WRITE_REPLY = "knowledge:WriteCannedReply"


_READING = {KnowledgeAction.READ, KnowledgeAction.READ_REPLY}

register_actions(
    KnowledgeAction,
    agent=_READING | {KnowledgeAction.NOTE_FEEDBACK},
    supervisor=_READING
    | {KnowledgeAction.NOTE_FEEDBACK, KnowledgeAction.READ_RETIRED, KnowledgeAction.WRITE_REPLY},
    manager=set(KnowledgeAction),
    auditor=_READING | {KnowledgeAction.READ_RETIRED},
    api_client=_READING,
)
