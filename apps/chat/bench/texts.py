"""What shoppers and agents say: some 60 bytes a line, English and Chinese."""

TEXTS = (
    "Hello, where is my parcel? It should have come on Monday.",
    "您好，我的快递三天没有更新了，请帮我查一下。",
    "Could you give me the number of the order, please?",
    "订单号是 2026112200418，收件人手机尾号 7731。",
    "Thank you, one moment, I am looking it up for you.",
    "好的，请您稍等，我马上为您查询物流信息。",
    "It left the depot this morning and comes tomorrow before noon.",
    "已经到达上海转运中心，预计明天上午派送。",
    "The shoes are too small, can I have them a size larger?",
    "这双鞋偏小，可以换大一码吗？吊牌还没有剪。",
    "Of course. Keep the tag on and use the label in the box.",
    "可以的，七天内未穿着支持换货，运费由我们承担。",
)
