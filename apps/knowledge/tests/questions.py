"""What shoppers of the demo shop write, and the topics that answer it. Written for the tests; the weight of the
answers and the robot's thresholds were chosen with them in sight, so they guard a floor and prove nothing new.

``ENGLISH`` and ``CHINESE`` are lines of ``message = topic [topic …]``: any of the topics is a right answer.
"""

ENGLISH = """
how long does shipping take = shipping.delivery-time
when will my order arrive = tracking.where-is-my-order shipping.delivery-time
do you ship to Canada = shipping.abroad-countries
how much is shipping to the US = shipping.abroad-cost
can I get free shipping = shipping.fees
my package says delivered but I don't have it = shipping.signed-not-received
where is my order = tracking.where-is-my-order
the tracking number isn't working = tracking.not-found
can I change my delivery address after ordering = shipping.change-address
I want to cancel my order = orders.cancel
can I add another item to my order = orders.add-item
how do I return something = returns.how-to
how many days do I have to return shoes = returns.window
who pays for return shipping = returns.cost
can I return opened makeup = returns.opened-cosmetics
do you take back headphones = returns.earphones products.el-301-return
I threw away the box, can I still return = returns.no-box
when do I get my refund = refunds.how-long refunds.status
refund still not on my credit card = refunds.credit-card refunds.not-arrived
I got the wrong item = quality.wrong-item
the shoes arrived damaged = shipping.damaged quality.damaged-in-transit quality.defect
one item is missing from my parcel = quality.missing-parts
can I exchange for a bigger size = sizes.wrong-size-bought exchanges.how-to
is the exchange free = exchanges.cost
what size should I order in the cloudstep runner = products.sh-101-fit
do you have a size guide = sizes.find-chart
do the chelsea boots run big = products.sh-103-fit
is the trailfox hiker waterproof = products.sh-105-waterproof
how long does the battery of the pebble buds last = products.el-301-battery
does the lumo watch work with iphone = products.el-302-compatibility
can I take the power bank on a plane = products.el-304-plane
is the sunscreen waterproof = products.co-202-water-resistant
is the calm cream ok for sensitive skin = products.co-204-sensitive
can I put the air fryer basket in the dishwasher = products.ho-402-clean
what payment methods do you accept = payment.methods
can I pay with paypal = payment.paypal payment.methods
do you have installments = payment.huabei
my payment failed = payment.failed
cash on delivery? = payment.cash-on-delivery
I need an invoice = invoices.how-to-get
can I get a VAT invoice for my company = invoices.special-vat
the company name on my invoice is wrong = invoices.wrong-title
my coupon code doesn't work = coupons.not-working coupons.promo-code
can I use two coupons = coupons.stacking
new customer discount? = coupons.new-customer
the price dropped after I bought it, can I get the difference back = pricing.price-protection
how do I become a gold member = membership.gold-benefits membership.levels
what are points worth = membership.use-points
when do my points expire = membership.points-expiry
I forgot my password = account.forgot-password
I don't receive the verification code = account.sms-code-missing
how to change my phone number = account.change-phone
delete my account = account.delete
can you gift wrap it = gifts.wrap
where can I buy a gift card = gifts.gift-card-buy
how long is the warranty = warranty.how-long
my earbuds stopped working, can you repair them = warranty.how-to-claim warranty.electronics-15-12
is this genuine = quality.authentic
what are your opening hours = service.hours
what is your phone number = service.hotline
I want to make a complaint = service.complaint
do I have to pay customs = shipping.customs-duties
when is the item back in stock = orders.restock
do you have a physical store = shop.stores
"""

CHINESE = """
多久能发货 = shipping.dispatch-cutoff tracking.not-shipped-yet
快递几天能到 = shipping.delivery-time
我的订单到哪了 = tracking.where-is-my-order
物流好几天没更新了 = tracking.no-movement
显示签收了但是我没收到 = shipping.signed-not-received
可以改地址吗 = shipping.change-address
怎么取消订单 = orders.cancel
运费怎么算 = shipping.fees
满多少包邮 = shipping.fees
能发顺丰吗 = shipping.sf-express
新疆包邮吗 = shipping.remote-regions shipping.fees
可以寄到香港吗 = shipping.hk-macau-taiwan
怎么退货 = returns.how-to
七天无理由可以退吗 = returns.window
退货运费谁出 = returns.cost
化妆品拆了能退吗 = returns.opened-cosmetics
耳机拆封了可以退吗 = returns.earphones products.el-301-return
退款多久到账 = refunds.how-long
退款怎么还没到 = refunds.not-arrived refunds.status refunds.how-long
发错货了 = quality.wrong-item
收到的东西是坏的 = quality.defect shipping.damaged
少发了一件 = quality.missing-parts
想换大一码 = exchanges.how-to sizes.wrong-size-bought
换货要自己出运费吗 = exchanges.cost
云步跑鞋要买大一码吗 = products.sh-101-fit
尺码表在哪 = sizes.find-chart
我脚宽买多大 = sizes.wide-feet
徒步鞋防水吗 = products.sh-105-waterproof
耳机续航多久 = products.el-301-battery
手表支持苹果手机吗 = products.el-302-compatibility
充电宝能带上飞机吗 = products.el-304-plane
防晒多久补一次 = products.co-202-reapply
敏感肌可以用面霜吗 = products.co-204-sensitive
空气炸锅篮子能放洗碗机吗 = products.ho-402-clean
支持哪些付款方式 = payment.methods
可以用花呗分期吗 = payment.huabei
付款失败怎么办 = payment.failed
能货到付款吗 = payment.cash-on-delivery
怎么开发票 = invoices.how-to-get
可以开专票吗 = invoices.special-vat
发票抬头写错了 = invoices.wrong-title
优惠券用不了 = coupons.not-working
优惠券可以叠加吗 = coupons.stacking
新人有什么优惠 = coupons.new-customer
刚买就降价了能退差价吗 = pricing.price-protection
怎么升级金卡 = membership.levels membership.upgrade membership.gold-benefits
积分怎么用 = membership.use-points
积分会过期吗 = membership.points-expiry
忘记密码了 = account.forgot-password
收不到验证码 = account.sms-code-missing
怎么换绑手机号 = account.change-phone
怎么注销账号 = account.delete
可以礼品包装吗 = gifts.wrap
礼品卡怎么买 = gifts.gift-card-buy
保修多久 = warranty.how-long
耳机坏了能修吗 = warranty.how-to-claim warranty.electronics-15-12 warranty.paid-repair
是正品吗 = quality.authentic
客服几点上班 = service.hours
客服电话多少 = service.hotline
我要投诉 = service.complaint
什么时候补货 = orders.restock
有实体店吗 = shop.stores
双十一有活动吗 = peaks.double11-dates pricing.big-sales
过敏了可以退吗 = quality.allergy
"""


def cases(table: str) -> list[tuple[str, frozenset[str]]]:
    """``(message, right topics)`` of one language."""
    pairs = (line.split(" = ") for line in table.splitlines() if line)
    return [(message, frozenset(topics.split())) for message, topics in pairs]
