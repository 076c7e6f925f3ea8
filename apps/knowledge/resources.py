"""FAQs as a table: one row per FAQ, the other ways to ask joined by `` | ``."""

from typing import Any

from import_export import fields, resources, widgets

from apps.common.errors import Invalid
from apps.knowledge import services
from apps.knowledge.models import Faq, FaqCategory

SEPARATOR = " | "
COLUMNS = [
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


class FaqResource(resources.ModelResource):
    """Reads and writes the table; each changed row goes through the services as the user who imports."""

    category = fields.Field("category", "category", widgets.ForeignKeyWidget(FaqCategory, "slug"))
    similar = fields.Field("similar", "similar")

    class Meta:
        model = Faq
        fields = COLUMNS
        import_order = export_order = COLUMNS
        import_id_fields = ["key"]
        skip_unchanged = True
        clean_model_instances = False  # the services judge

    def __init__(self, actor: Any = None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.actor = actor

    def get_queryset(self):
        return Faq.objects.select_related("category").prefetch_related("alternatives")

    def get_or_init_instance(self, instance_loader, row):
        faq, is_new = super().get_or_init_instance(instance_loader, row)
        faq.similar = "" if is_new else joined(faq)
        return faq, is_new

    def dehydrate_similar(self, faq) -> str:
        return joined(faq)

    def do_instance_save(self, instance, is_create):
        values = {name: getattr(instance, name) for name in services.FAQ_FIELDS}
        values["similar"] = (instance.similar or "").split(SEPARATOR.strip())
        try:
            if is_create:
                instance.pk = services.create_faq(actor=self.actor, **values).pk
            else:
                services.update_faq(instance, actor=self.actor, **values)
        except Invalid as error:
            raise ValueError(f"{error.detail} {error.fields or ''}".strip()) from error


def joined(faq: Faq) -> str:
    """The other ways to ask, in one cell."""
    return SEPARATOR.join(row.text for row in faq.alternatives.all())
