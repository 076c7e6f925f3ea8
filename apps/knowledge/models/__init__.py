from apps.knowledge.models.faqs import (
    ANSWER_MAX,
    QUESTION_MAX,
    CannedReply,
    Faq,
    FaqCategory,
    FaqQuestion,
)
from apps.knowledge.models.indexing import KnowledgeStamp, TextVector
from apps.knowledge.models.sops import Sop, SopRevision, SopStep
from apps.knowledge.models.suggestions import SuggestionFeedback

__all__ = [
    "ANSWER_MAX",
    "QUESTION_MAX",
    "CannedReply",
    "Faq",
    "FaqCategory",
    "FaqQuestion",
    "KnowledgeStamp",
    "Sop",
    "SopRevision",
    "SopStep",
    "SuggestionFeedback",
    "TextVector",
]
