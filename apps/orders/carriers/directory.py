"""What the aggregators call the carriers, by our code."""

from typing import NamedTuple


class Carrier(NamedTuple):
    """Codes of a carrier at Kuaidi100 and 17TRACK; empty where one does not know it."""

    kuaidi100: str = ""
    track17: int | None = None


# Sources: Kuaidi100's list of companies; 17TRACK's carriers.all.json.
CARRIERS = {
    "shunfeng": Carrier("shunfeng", 100012),
    "zhongtong": Carrier("zhongtong", 190455),
    "yuantong": Carrier("yuantong", 190157),
    "yunda": Carrier("yunda", 190341),
    "shentong": Carrier("shentong", 190324),
    "jtexpress": Carrier("jtexpress"),
    "jd": Carrier("jd", 190094),
    "ems": Carrier("ems", 3013),
    "youzhengguonei": Carrier("youzhengguonei", 3011),
    "debangkuaidi": Carrier("debangkuaidi"),
    "dhl": Carrier(track17=100001),
    "ups": Carrier(track17=100002),
    "usps": Carrier(track17=21051),
    "fedex": Carrier(track17=100003),
    "royal-mail": Carrier(track17=11031),
}
