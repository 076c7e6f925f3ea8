import factory

from apps.knowledge.models import CannedReply, Faq, FaqCategory
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
