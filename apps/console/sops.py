"""SOPs while one works: read in a sheet, and their texts put into an answer by "#"."""

from dataclasses import asdict, dataclass

from django.db.models import Prefetch, Q, QuerySet
from django.http import Http404, HttpResponse, JsonResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from apps.access import viewing
from apps.access.models import User
from apps.chat.wire import is_storable
from apps.console.preferences import StaffRequest, console_view
from apps.knowledge.models import Sop, SopStep

MOST_SOPS = 8
MOST_TEXTS = 20


@dataclass(frozen=True)
class SopText:
    """A text of a SOP that can be sent as it stands."""

    title: str
    shortcut: str
    body: str
    lang: str


def find_sops(user: User, query: str) -> QuerySet[Sop]:
    """SOPs in force whose title or name has ``query``, or that customers ask for by exactly these words."""
    rows = Sop.objects.visible_to(user).in_force().select_related("category", "current_revision")
    if query:
        named = Q(title__icontains=query) | Q(title_zh__icontains=query) | Q(slug__icontains=query)
        rows = rows.filter(named | Q(keywords__contains=[query]))
    return rows.order_by("title", "pk")


def sop_texts(user: User, query: str, *, lang: str) -> list[SopText]:
    """What the steps of matching SOPs say to the customer, in ``lang``; two queries."""
    steps = Prefetch("current_revision__steps", SopStep.objects.order_by("position"))
    found = find_sops(user, query).prefetch_related(steps)[:MOST_SOPS]
    texts = [
        SopText(f"{sop.title_in(lang)} · {step.title}", sop.slug, step.say(lang), lang)
        for sop in found
        for step in sop.current_revision.steps.all()
        if step.say(lang)
    ]
    return texts[:MOST_TEXTS]


@viewing.impersonal
@require_safe
@console_view
def texts(request: StaffRequest) -> JsonResponse:
    """Texts for ``q`` in the language of the chat."""
    query, lang = request.GET.get("q", "").strip()[:80], request.GET.get("lang", "en")
    found = sop_texts(request.user, query, lang=lang) if is_storable(query) else []
    return JsonResponse({"results": [asdict(text) for text in found]})


@viewing.impersonal
@require_safe
@console_view
def sop_sheet(request: StaffRequest, slug: str) -> HttpResponse:
    """One SOP to read, step by step."""
    sop = find_sops(request.user, "").filter(slug=slug).first()
    if sop is None:
        raise Http404
    context = {"sop": sop, "steps": sop.current_revision.steps.order_by("position")}
    return render(request, "console/sops/_sheet.html", context)
