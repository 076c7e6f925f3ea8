from django.urls import include, path

from apps.console import cards, customers, dashboard, desk, explaining, live, reveals, search, security, sops

urlpatterns = [
    path("", desk.desk, name="console"),
    path("live/", live.board, name="console-live"),
    path("dashboard/", dashboard.dashboard, name="console-dashboard"),
    path("alerts/", dashboard.alerts, name="console-alerts"),
    path("alerts/<slug:public_id>/take/", dashboard.acknowledge, name="console-alert-acknowledge"),
    path("language/", desk.language, name="console-language"),
    path("chats/<slug:public_id>/", desk.desk, name="console-chat"),
    path("chats/<slug:public_id>/cards/<slug:name>/", cards.card, name="console-card"),
    path("chats/<slug:public_id>/transcript/", cards.transcript, name="console-transcript"),
    path("chats/<slug:public_id>/targets/", cards.targets, name="console-targets"),
    path("chats/<slug:public_id>/why/", cards.why, name="console-why"),
    path("security/", security.overview, name="console-security"),
    path("security/sessions/<int:pk>/end/", security.end_session, name="console-session-end"),
    path("security/sessions/end/", security.end_others, name="console-sessions-end"),
    path("access/explain/", explaining.why, name="console-explain"),
    path("access/reach/", explaining.reach, name="console-reach"),
    path("search/", search.search, name="console-search"),
    path("reveal/", reveals.reveal, name="console-reveal"),
    path("revealed/", reveals.revealed, name="console-revealed"),
    path("sops/texts/", sops.texts, name="console-sop-texts"),
    path("sops/<slug:slug>/", sops.sop_sheet, name="console-sop"),
    path("customers/<slug:public_id>/", customers.customer_page, name="console-customer"),
    path("", include("apps.console.tickets.urls")),
    path("", include("apps.console.orders.urls")),
    path("", include("apps.console.refunds.urls")),
]
    path("", include("apps.console.privacy.urls")),
