from apps.knowledge.admin.faqs import CannedReplyAdmin, FaqAdmin, FaqCategoryAdmin
from apps.knowledge.admin.sops import SopAdmin, SopRevisionAdmin
from apps.knowledge.admin.suggestions import SuggestionFeedbackAdmin

__all__ = [
    "CannedReplyAdmin",
    "FaqAdmin",
    "FaqCategoryAdmin",
    "SopAdmin",
    "SopRevisionAdmin",
    "SuggestionFeedbackAdmin",
]
