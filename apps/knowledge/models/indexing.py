from uuid import uuid4

from django.db import models
from django.db.models import Q


class KnowledgeStamp(models.Model):
    """A value that changes with every change to the FAQs (row 1) or the SOPs (row 2).

    By it each process knows that its index is old.
    """

    FAQS = 1
    SOPS = 2

    id = models.PositiveSmallIntegerField(primary_key=True, default=FAQS)
    value = models.UUIDField(default=uuid4)

    class Meta:
        constraints = [models.CheckConstraint(name="knowledge_stamp_known", condition=Q(id__in=[1, 2]))]

    def __str__(self) -> str:
        return str(self.value)


class TextVector(models.Model):
    """What the sentence encoder made of a text, kept so that a process need not encode the knowledge base again.

    A cache: losing rows costs time, nothing else. ``digest`` is of the encoder's name and the text.
    """

    digest = models.CharField(max_length=64, primary_key=True)  # SHA-256, in hex
    vector = models.BinaryField()  # 512 little-endian halves, of length 1

    def __str__(self) -> str:
        return self.digest
