from datetime import datetime

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from apps.access import services as access
from apps.common.ids import new_token
from apps.routing.models import SUPERVISE, Queue
from apps.surveys.enums import SurveyState
from apps.surveys.permissions import SurveyAction

SCALE = 5  # the best score; 1 is the worst
COMMENT_MAX = 2000  # characters


class SurveyQuerySet(models.QuerySet):
    def visible_to(self, user):
        """Rows ``user`` may read: of own chats and supervised queues; all with ``READ_ANY``."""
        return access.reachable(self, user, SurveyAction.READ, own=Q(agent=user))

    def answerable(self, now: datetime):
        """Surveys that wait for an answer and still take one at ``now``."""
        return self.filter(state=SurveyState.OFFERED, expires_at__gt=now)

    def overdue(self, now: datetime):
        """Surveys whose time is over though nobody has noted it."""
        return self.filter(state=SurveyState.OFFERED, expires_at__lte=now)


class Survey(models.Model):
    """The one rating of a chat. Only ``apps.surveys.services`` writes it; an answer never changes.

    ``agent`` and ``queue`` are whose work was rated: no agent means the robot's.
    """

    session = models.OneToOneField(
        "chat.ChatSession", models.PROTECT, related_name="survey", verbose_name=_("chat")
    )
    token = models.CharField(max_length=43, unique=True, default=new_token, editable=False)
    state = models.CharField(_("state"), max_length=8, choices=SurveyState, default=SurveyState.OFFERED)
    score = models.PositiveSmallIntegerField(_("score"), null=True)
    comment = models.TextField(_("comment"), blank=True)
    agent = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="surveys", verbose_name=_("agent")
    )
    queue = models.ForeignKey(
        Queue, models.PROTECT, null=True, related_name="surveys", verbose_name=_("queue")
    )
    offered_at = models.DateTimeField(_("offered at"))
    answered_at = models.DateTimeField(_("answered at"), null=True)
    expires_at = models.DateTimeField(_("open until"))

    objects = SurveyQuerySet.as_manager()

    class Meta:
        verbose_name = _("survey")
        verbose_name_plural = _("surveys")
        constraints = [
            models.CheckConstraint(name="survey_state_known", condition=Q(state__in=SurveyState)),
            models.CheckConstraint(
                name="survey_score_in_scale", condition=Q(score=None) | Q(score__range=(1, SCALE))
            ),
            models.CheckConstraint(
                name="survey_answer_is_whole",
                condition=Q(state="answered", score__isnull=False, answered_at__isnull=False)
                | (~Q(state="answered") & Q(score=None, answered_at=None, comment="")),
            ),
            models.CheckConstraint(
                name="survey_expires_after_offer", condition=Q(expires_at__gt=F("offered_at"))
            ),
        ]
        indexes = [
            models.Index(name="survey_by_agent", fields=["agent", "-id"]),
            models.Index(name="survey_by_queue", fields=["queue", "-id"]),
            models.Index(name="survey_by_answer", fields=["answered_at"], condition=Q(state="answered")),
            # The sweep reads only what still waits.
            models.Index(name="survey_open_until", fields=["expires_at"], condition=Q(state="offered")),
        ]

    def __str__(self):
        return f"{self.get_state_display()} {self.score or ''}".strip()

    SCOPED_BY = (SUPERVISE,)

    def access_scope(self) -> Queue | None:
        """The queue whose work is rated."""
        return self.queue

    def belongs_to(self, user: object) -> bool:
        """Whether ``user`` is the agent who is rated."""
        return self.agent_id is not None and self.agent_id == getattr(user, "pk", None)
