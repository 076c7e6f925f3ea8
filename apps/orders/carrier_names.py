"""What people call the carriers; their codes are Kuaidi100's, which all aggregators' codes are mapped to."""

from django.utils.translation import gettext_lazy as _

NAMES = {
    "shunfeng": _("SF Express"),
    "zhongtong": _("ZTO Express"),
    "yuantong": _("YTO Express"),
    "yunda": _("Yunda Express"),
    "shentong": _("STO Express"),
    "jtexpress": _("J&T Express"),
    "jd": _("JD Logistics"),
    "ems": _("EMS"),
    "youzhengguonei": _("China Post"),
    "debangkuaidi": _("Deppon"),
    "dhl": _("DHL"),
    "ups": _("UPS"),
    "usps": _("USPS"),
    "fedex": _("FedEx"),
    "royal-mail": _("Royal Mail"),
}


def carrier_name(code: str) -> str:
    """The name in the current language; the code itself where nobody has named it."""
    return str(NAMES.get(code, code))
