from typing import ClassVar

from rest_framework import serializers

from apps.knowledge.enums import FaqLanguage
from apps.knowledge.models import QUESTION_MAX, CannedReply, Faq, FaqCategory
from apps.knowledge.services import MAX_ALTERNATIVES

MAX_QUERY = 1_000  # characters


class FaqSerializer(serializers.ModelSerializer):
    """An FAQ; ``similar`` are the other ways to ask it."""

    category = serializers.CharField(source="category.slug", read_only=True)
    similar = serializers.SerializerMethodField()

    class Meta:
        model = Faq
        fields = [
            "key",
            "topic",
            "category",
            "lang",
            "question",
            "similar",
            "answer",
            "product",
            "is_active",
            "hands_off",
            "source",
            "license",
            "helpful",
            "unhelpful",
            "updated_at",
        ]
        read_only_fields = fields

    def get_similar(self, faq) -> list[str]:
        return [row.text for row in faq.alternatives.all()]


class FaqInput(serializers.ModelSerializer):
    """What a manager sets; ``similar`` replaces the other ways to ask."""

    category = serializers.SlugRelatedField("slug", queryset=FaqCategory.objects.all())
    similar = serializers.ListField(
        child=serializers.CharField(max_length=QUESTION_MAX), max_length=MAX_ALTERNATIVES, required=False
    )

    class Meta:
        model = Faq
        fields = [
            "key",
            "topic",
            "category",
            "lang",
            "question",
            "similar",
            "answer",
            "product",
            "is_active",
            "hands_off",
            "source",
            "license",
        ]
        # Uniqueness is the database's word, reported as ``key_taken``.
        extra_kwargs: ClassVar[dict] = {"key": {"validators": []}}
        validators: ClassVar[list] = []


class SuggestQuery(serializers.Serializer):
    """What to look for."""

    q = serializers.CharField(max_length=MAX_QUERY, help_text="The customer's words.")
    lang = serializers.ChoiceField(
        FaqLanguage.choices, required=False, help_text="Only FAQs in this language."
    )
    limit = serializers.IntegerField(min_value=1, max_value=20, default=5)


class FaqHitSerializer(serializers.Serializer):
    """A suggestion; the first one's ``score`` is the chance, 0 to 1, that it answers."""

    key = serializers.CharField(source="faq.key")
    category = serializers.CharField(source="faq.category.slug")
    lang = serializers.CharField(source="faq.lang")
    question = serializers.CharField(source="faq.question")
    answer = serializers.CharField(source="faq.answer")
    product = serializers.CharField(source="faq.product")
    score = serializers.FloatField()
    matched_text = serializers.CharField()


class SuggestionsSerializer(serializers.Serializer):
    """Suggestions, best first."""

    results = FaqHitSerializer(many=True)


class CannedReplySerializer(serializers.ModelSerializer):
    """A text that agents put into a chat by ``/shortcut``; an empty ``queue`` means every queue."""

    class Meta:
        model = CannedReply
        fields = ["id", "shortcut", "title", "body", "lang", "queue", "updated_at"]
        read_only_fields = ["id", "updated_at"]
        validators: ClassVar[list] = []  # uniqueness is the database's word, reported as ``shortcut_taken``
