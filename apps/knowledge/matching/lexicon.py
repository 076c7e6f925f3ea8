"""Word lists of the matcher: spellings and ways to say one thing, English and Chinese. Own work, data only."""

# Chat slang, contractions and irregular forms; applied to whole words before stemming.
ENGLISH_FORMS = {
    "u": "you", "ur": "your", "pls": "please", "plz": "please", "thx": "thanks", "r": "are", "wanna": "want",
    "gonna": "going", "gotta": "get", "dont": "not", "don't": "not", "doesnt": "not", "doesn't": "not",
    "didnt": "not", "didn't": "not", "cant": "cannot", "can't": "cannot", "wont": "not", "won't": "not",
    "isnt": "not", "isn't": "not", "havent": "not", "haven't": "not", "hasn't": "not", "hasnt": "not",
    "wasn't": "not", "wasnt": "not", "i'm": "i", "im": "i", "i'd": "i", "i've": "i", "ive": "i", "i'll": "i",
    "what's": "what", "whats": "what", "where's": "where", "wheres": "where", "how's": "how", "hows": "how",
    "colour": "color", "cheque": "check", "pic": "picture", "pics": "picture", "photo": "picture",
    "photos": "picture", "info": "information", "acc": "account", "acct": "account", "pwd": "password",
    "msg": "message", "msgs": "message", "cancelled": "cancel", "cancelling": "cancel",
    "cancellation": "cancel", "paid": "pay", "bought": "buy", "sent": "send", "got": "get",
    "broken": "break", "broke": "break", "lost": "lose", "shipped": "ship", "shipping": "ship",
    "shipment": "ship",
}  # fmt: skip

# They carry a little of the meaning ("where" against "when"), hence weighed down, not dropped.
ENGLISH_STOPS = frozenset(
    "a an the i you your my me our us it its is are am be been was were do does did to of in on at for with and or "
    "but if so this that these those there here from by as can could would should will shall may might please have "
    "has had just some any about into want need help know tell let like get hi hello hey thanks".split()
)

# Ways to say one Chinese function word or shop word; an empty value is politeness without content.
CHINESE_FORMS = {
    "多长时间": "多久", "什么时候": "何时", "啥时候": "何时", "什么时间": "何时", "几时": "何时",
    "怎么样": "怎么", "怎样": "怎么", "如何": "怎么", "咋样": "怎么", "咋": "怎么", "怎么才能": "怎么",
    "为什么": "为何", "为啥": "为何", "怎么会": "为何", "干嘛": "为何", "啥": "什么", "哪儿": "哪里",
    "在哪": "哪里", "能不能": "可以", "可不可以": "可以", "能否": "可以", "可否": "可以", "是不是": "是否",
    "有没有": "有", "没有": "没", "木有": "没", "请问": "", "您好": "", "你好": "", "一下": "", "麻烦": "",
    "亲": "", "您": "你", "俺": "我", "手机号码": "手机号", "电话号码": "手机号", "优惠劵": "优惠券",
}  # fmt: skip
CHINESE_STOPS = frozenset("的了呢吗啊呀吧嘛哦么我你他她它这那个是就都也还会要想请给把被跟和与及")

# Suffix and what replaces it; the first that leaves a root with a vowel wins.
ENGLISH_SUFFIXES = (
    ("ational", "ate"), ("ization", "ize"), ("fulness", "ful"), ("ements", "e"), ("ement", "e"), ("ments", ""),
    ("ment", ""), ("ations", "ate"), ("ation", "ate"), ("ings", ""), ("ing", ""), ("ities", "ity"),
    ("ies", "y"), ("ied", "y"), ("sses", "ss"), ("ness", ""), ("edly", ""), ("ed", ""), ("ly", ""),
    ("ches", "ch"), ("shes", "sh"), ("xes", "x"), ("es", "e"), ("s", ""), ("er", ""),
)  # fmt: skip
