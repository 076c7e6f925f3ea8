from django.urls import path, register_converter

from apps.console.privacy import customer, pages


class KindConverter:
    """The name of a kind of data, such as ``chat.chats``."""

    regex = r"[a-z_.]{1,40}"

    def to_python(self, value: str) -> str:
        return value

    def to_url(self, value: str) -> str:
        return value


register_converter(KindConverter, "datakind")

urlpatterns = [
    path("privacy/", pages.page, name="console-privacy"),
    path("privacy/rules/<datakind:kind>/", pages.rule, name="console-retention"),
    path("privacy/rules/<datakind:kind>/preview/", pages.preview, name="console-retention-preview"),
    path("privacy/rules/<datakind:kind>/purge/", pages.purge, name="console-retention-purge"),
    path("privacy/purges/<slug:public_id>/stop/", pages.stop, name="console-purge-stop"),
    path("privacy/erasures/<slug:public_id>/", pages.erasure, name="console-erasure"),
    path("privacy/erasures/<slug:public_id>/certificate/", pages.certificate, name="console-certificate"),
    path("privacy/exports/<slug:public_id>/", pages.download, name="console-export-download"),
    path("customers/<slug:public_id>/privacy/", customer.panel, name="console-customer-privacy"),
    path("customers/<slug:public_id>/privacy/consent/", customer.consent, name="console-customer-consent"),
    path("customers/<slug:public_id>/privacy/hold/", customer.hold, name="console-customer-hold"),
    path("customers/<slug:public_id>/privacy/lift/", customer.lift, name="console-customer-lift"),
    path("customers/<slug:public_id>/privacy/export/", customer.export, name="console-customer-export"),
    path("customers/<slug:public_id>/privacy/erase/", customer.erase, name="console-customer-erase"),
]
