from rest_framework.routers import SimpleRouter

from apps.inboxes.api.mail import InboundEmailViewSet
from apps.inboxes.api.views import InboxViewSet, MailboxViewSet

router = SimpleRouter()
router.register("inboxes", InboxViewSet, basename="inbox")
router.register("mailboxes", MailboxViewSet, basename="mailbox")
router.register("inbound-emails", InboundEmailViewSet, basename="inbound-email")
urlpatterns = router.urls
