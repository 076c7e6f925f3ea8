import factory
from django.utils import timezone

from apps.knowledge import services
from apps.knowledge.models import (
    CannedReply,
    Faq,
    FaqCategory,
    KnowledgeStamp,
    Sop,
    SopRevision,
    SopStep,
)
from apps.knowledge.services import move_stamp, set_alternatives


class FaqCategoryFactory(factory.django.DjangoModelFactory):
    """Shipping; another ``slug`` makes another."""

    class Meta:
        model = FaqCategory
        django_get_or_create = ["slug"]

    slug = "shipping"
    name_en = factory.LazyAttribute(lambda category: category.slug.capitalize())
    name_zh = factory.LazyAttribute(lambda category: "配送" if category.slug == "shipping" else category.slug)


class FaqFactory(factory.django.DjangoModelFactory):
    """An English FAQ that the robot answers from at once; ``similar=[…]`` adds other ways to ask it."""

    class Meta:
        model = Faq
        skip_postgeneration_save = True

    topic = factory.Sequence("shipping.topic-{}".format)
    key = factory.LazyAttribute(lambda faq: f"{faq.topic}.{faq.lang.split('-')[0]}")
    category = factory.SubFactory(FaqCategoryFactory)
    lang = "en"
    question = factory.Sequence("What about topic number {}?".format)
    answer = factory.Sequence("This is answer number {}.".format)

    @factory.post_generation
    def similar(self, create, texts, **kwargs):
        set_alternatives(self, texts or ())
        move_stamp()


class CannedReplyFactory(factory.django.DjangoModelFactory):
    """A reply for every queue."""

    class Meta:
        model = CannedReply

    shortcut = factory.Sequence("reply{}".format)
    title = "Thanks"
    body = "Thank you for waiting."
    lang = "en"


class SopFactory(factory.django.DjangoModelFactory):
    """A SOP without a revision; ``in_force=True`` approves one with two steps."""

    class Meta:
        model = Sop
        skip_postgeneration_save = True

    slug = factory.Sequence(lambda n: f"sop-{n}")
    title = factory.Sequence(lambda n: f"Parcel lost {n}")
    title_zh = "包裹丢失"
    category = factory.SubFactory(FaqCategoryFactory)
    keywords = factory.LazyFunction(lambda: ["my parcel is lost", "no tracking update", "快递丢了"])

    @factory.post_generation
    def in_force(sop, create, wanted, **kwargs):
        services.move_stamp(KnowledgeStamp.SOPS)
        if wanted:
            revision = SopRevision.objects.create(
                sop=sop, number=1, state="approved", reviewed_at=timezone.now(), body="When it is lost."
            )
            SopStep.objects.create(revision=revision, position=1, title="Look", text="Open it.")
            SopStep.objects.create(
                revision=revision, position=2, title="Say", say_en="I am sorry.", say_zh="抱歉。"
            )
            sop.current_revision = revision
            sop.save(update_fields=["current_revision"])
