"""How mail programs quote: name, the mail, what is new in it."""

NEW = "Thanks, it still has not arrived.\nCan you check again?"
NEU = "谢谢，还是没有收到。\n能再查一下吗？"

TRIMMED = [
    (
        "Gmail en",
        f"{NEW}\n\nOn Mon, Nov 16, 2026 at 3:04 PM Support <support@desk.example> wrote:\n\n"
        "> We are looking.\n>\n> Ana\n",
        NEW,
    ),
    (
        "Gmail en, wrapped",
        f"{NEW}\n\nOn Mon, Nov 16, 2026 at 3:04 PM Sunny Shop Customer Support\n"
        "<support+abc@desk.example> wrote:\n\n> We are looking.\n",
        NEW,
    ),
    (
        "Gmail zh",
        f"{NEU}\n\nSupport <support@desk.example> 于2026年11月16日周一 15:04写道：\n\n> 正在查询。\n",
        NEU,
    ),
    (
        "Gmail zh, wrapped",
        f"{NEU}\n\nSunny Shop Support <support@desk.example> 于2026年11月16日周一\n15:04写道：\n\n> 正在查询。\n",
        NEU,
    ),
    (
        "Outlook en",
        f"{NEW}\n\nFrom: Support <support@desk.example>\nSent: Monday, November 16, 2026 3:04 PM\n"
        "To: Ana <ana@mail.example>\nSubject: Re: Parcel\n\nWe are looking.\n",
        NEW,
    ),
    (
        "Outlook en, with a rule",
        f"{NEW}\n\n________________________________\nFrom: Support <support@desk.example>\n"
        "Sent: Monday, November 16, 2026 3:04 PM\nTo: Ana\nSubject: Re: Parcel\n\nWe are looking.\n",
        NEW,
    ),
    (
        "Outlook zh",
        f"{NEU}\n\n发件人: Support <support@desk.example>\n"
        "发送时间: 2026年11月16日 15:04\n收件人: Ana\n主题: 回复: 包裹\n\n正在查询。\n",
        NEU,
    ),
    (
        "QQ zh",
        f'{NEU}\n\n\n------------------ 原始邮件 ------------------\n发件人: "support" <support@desk.example>;\n'
        '发送时间: 2026年11月16日(星期一) 下午3:04\n收件人: "Ana"<ana@mail.example>;\n主题: 包裹\n\n正在查询。\n',
        NEU,
    ),
    (
        "QQ en",
        f'{NEW}\n\n------------------ Original ------------------\nFrom: "support"<support@desk.example>;\n'
        'Date: Mon, Nov 16, 2026 03:04 PM\nTo: "Ana"<ana@mail.example>;\nSubject: Parcel\n\nWe are looking.\n',
        NEW,
    ),
    (
        "163 zh",
        f'{NEU}\n\n\n在 2026-11-16 15:04:05，"Support" <support@desk.example> 写道：\n\n正在查询。\n',
        NEU,
    ),
    (
        "163 en",
        f'{NEW}\n\nAt 2026-11-16 15:04:05, "Support" <support@desk.example> wrote:\n\nWe are looking.\n',
        NEW,
    ),
    (
        "Apple Mail en",
        f"{NEW}\n\n> On 16 Nov 2026, at 15:04, Support <support@desk.example> wrote:\n> \n> We are looking.\n",
        NEW,
    ),
    (
        "our marker",
        f"{NEW}\n\n##- Please type your reply above this line · 请在此行上方回复 -##\n\nWe are looking.\n",
        NEW,
    ),
    (
        "our marker, quoted",
        f"{NEU}\n\n> ##- Please type your reply above this line · 请在此行上方回复 -##\n>\n> We are looking.\n",
        NEU,
    ),
    (
        "Outlook en, forwarded rule",
        f"{NEW}\n\n-----Original Message-----\nFrom: Support\n\nWe are looking.\n",
        NEW,
    ),
    ("no quotation", f"{NEW}\n", NEW),
    (
        "Windows line ends",
        f"{NEW}\n\nOn Mon, Nov 16, 2026 at 3:04 PM S <s@d.example> wrote:\n> Hi\n".replace("\n", "\r\n"),
        NEW,
    ),
]

# headers, sender, return path; then why a machine wrote it
MACHINES = [
    ({"auto-submitted": "auto-replied"}, "ana@mail.example", "ana@mail.example", "auto-submitted"),
    ({"auto-submitted": "auto-generated; x=1"}, "ana@mail.example", None, "auto-submitted"),
    ({"precedence": "bulk"}, "ana@mail.example", None, "precedence"),
    ({"precedence": "Junk"}, "ana@mail.example", None, "precedence"),
    ({"precedence": "list"}, "ana@mail.example", None, "precedence"),
    ({"precedence": "auto_reply"}, "ana@mail.example", None, "precedence"),
    ({"x-auto-response-suppress": "DR, OOF"}, "ana@mail.example", None, "x-auto-response-suppress"),
    ({"x-auto-response-suppress": "All"}, "ana@mail.example", None, "x-auto-response-suppress"),
    ({"list-id": "<news.shop.example>"}, "ana@mail.example", None, "list-id"),
    ({"list-unsubscribe": "<https://x.example>"}, "ana@mail.example", None, "list-unsubscribe"),
    ({"x-autoreply": "yes"}, "ana@mail.example", None, "x-autoreply"),
    ({"x-autorespond": "OOO"}, "ana@mail.example", None, "x-autorespond"),
    ({"x-loop": "a"}, "ana@mail.example", None, "x-loop"),
    ({"x-desk-id": "desk.example"}, "ana@mail.example", None, "own"),
    ({}, "support@desk.example", None, "own"),
    ({}, "ana@mail.example", "", "empty return path"),
    ({}, "mailer-daemon@mail.example", None, "robot sender"),
    ({}, "MAILER-DAEMON@mail.example", None, "robot sender"),
    ({}, "postmaster@mail.example", None, "robot sender"),
    ({}, "no-reply@mail.example", None, "robot sender"),
    ({}, "noreply+x@mail.example", None, "robot sender"),
    ({"content-type": "multipart/report; report-type=delivery-status"}, "ana@mail.example", None, "report"),
]
PEOPLE = [
    ({}, "ana@mail.example", "ana@mail.example"),
    ({"auto-submitted": "no"}, "ana@mail.example", None),
    ({"auto-submitted": "No ; x"}, "ana@mail.example", None),
    ({"precedence": "normal"}, "ana@mail.example", None),
    ({"x-auto-response-suppress": "None"}, "ana@mail.example", None),
    ({"x-desk-id": "other.example"}, "ana@mail.example", None),
    ({"content-type": "multipart/mixed"}, "ana@mail.example", None),
    ({}, "noreplyson@mail.example", None),
    ({}, "bouncer@mail.example", None),
]
