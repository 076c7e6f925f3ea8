from django.urls import path

from apps.console.refunds import asking, detail, listing

urlpatterns = [
    path("refunds/", listing.refund_list, name="console-refunds"),
    path("refunds/new/", asking.new_refund, name="console-refund-new"),
    path("refunds/new/sum/", asking.sum_of, name="console-refund-sum"),
    path("refunds/<slug:refund_no>/", detail.refund_page, name="console-refund"),
    path("refunds/<slug:refund_no>/<slug:deed>/", detail.act, name="console-refund-act"),
]
