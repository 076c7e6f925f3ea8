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
    READ_SOP = "knowledge:ReadSop"
    READ_SOP_DRAFT = "knowledge:ReadSopDraft"
    WRITE_SOP = "knowledge:WriteSop"
    REVIEW_SOP = "knowledge:ReviewSop"


_READING = {KnowledgeAction.READ, KnowledgeAction.READ_REPLY, KnowledgeAction.READ_SOP}
_GUIDING = {KnowledgeAction.READ_SOP_DRAFT, KnowledgeAction.WRITE_SOP, KnowledgeAction.REVIEW_SOP}

register_actions(
    KnowledgeAction,
    agent=_READING | {KnowledgeAction.NOTE_FEEDBACK},
    supervisor=_READING
    | _GUIDING
    | {KnowledgeAction.NOTE_FEEDBACK, KnowledgeAction.READ_RETIRED, KnowledgeAction.WRITE_REPLY},
    manager=set(KnowledgeAction),
    auditor=_READING | {KnowledgeAction.READ_RETIRED, KnowledgeAction.READ_SOP_DRAFT},
    api_client=_READING,
)
