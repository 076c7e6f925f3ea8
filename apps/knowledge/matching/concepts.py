"""Words of a shop that mean nearly the same, by concept. Own work, data only.

A text that holds one of the words also gets the concept as a feature, so "where's my parcel" and "package not
here" meet although they share no word.
"""

_ENGLISH = """
human: human person operator agent representative rep staff someone somebody specialist advisor employee people
robot: bot robot machine ai chatbot computer
parcel: parcel package delivery shipment consignment box
order: order purchase
send: ship send dispatch deliver mail post shipping delivery shipment sending
arrive: arrive come reach arrival here delivered
track: track trace follow locate whereabouts status tracking progress
courier: courier carrier postman driver sf zto yto yunda rider
late: late delay slow stuck overdue waiting wait forever ages delayed yet still
lose: lose missing gone disappear vanish stolen lost nowhere
damage: break damage crack smash dent shatter faulty defect broken defective flaw damaged dead
repair: repair fix mend servicing fixing
return: return back returning
exchange: exchange swap change replace switch replacement trade instead
refund: refund reimburse money cash reimbursement moneyback
cancel: cancel undo revoke abort scrap stop
cost: cost price fee charge expensive much rate fare postage
cheap: cheap discount deal sale bargain promo promotion cheaper lower drop reduced
free: free complimentary
coupon: coupon voucher promo code discount
invoice: invoice receipt bill fapiao vat reimbursement
pay: pay payment checkout paying paypal alipay wechat
card: card visa mastercard credit debit bank
instalment: instalment installment huabei monthly
account: account profile
login: login log signin sign loggin
register: register signup join create
password: password passcode pin pwd
phone: phone mobile cell number telephone
call: call hotline phone ring
mail: email mail inbox
code: code sms otp verification verify text
member: member membership tier level vip lane gold silver bronze black
points: point points pts reward loyalty
gift: gift present giftcard
wrap: wrap wrapping ribbon
size: size sizing fit measurement
big: big large loose roomy huge bigger larger
small: small tight narrow tiny smaller squeeze pinch
address: address street location where
edit: edit modify update correct amend change alter
wrong: wrong incorrect mistake error different mismatch
problem: problem issue trouble fail failed failing error broken unable
warranty: warranty guarantee cover covered warrenty
genuine: authentic genuine original fake counterfeit legit real
customs: customs duty tax import duties
abroad: abroad overseas international foreign country countries worldwide
hours: hours open close opening schedule office
allergy: allergy allergic rash itchy irritate redness sensitive sting
battery: battery charge power charging charger
delete: delete remove erase deactivate close
wash: wash clean laundry rinse dishwasher machine
water: waterproof water rain wet swim shower
connect: pair connect bluetooth link sync
child: child kid baby toddler son daughter children kids
days: days long when soon time fast quick
before: before until deadline latest
night: night tonight weekend sunday saturday holiday
split: split separate several multiple two
hide: hide private discreet anonymous
complain: complain complaint feedback suggestion unhappy rude
expire: expire expired valid validity expiry
stock: stock available sold restock availability unavailable out
"""

_CHINESE = """
human: 人工 真人 客服 有人 活人 找人
robot: 机器人 智能 机器
parcel: 快递 包裹 物流 货 件
send: 发货 寄出 发出 寄 发走 配送 派送 派件
arrive: 到货 收到 送到 到了 送达 签收
track: 查询 查 跟踪 在哪 哪里 进度 状态 单号
late: 慢 没到 还没 延误 迟 不动 卡住 催 久
lose: 丢 不见 找不到 少了 漏 缺
damage: 坏 破 裂 碎 瑕疵 质量 损 故障 压扁
repair: 修 维修 保修 返修
return: 退货 退回 退掉 寄回 退 退换
exchange: 换货 换 调换 更换 退换
refund: 退款 退钱 钱 到账 返还
cancel: 取消 不要了 不想要 撤销
cost: 多少钱 费用 运费 收费 价格 邮费 花钱 要钱 贵
cheap: 便宜 打折 优惠 降价 活动 折扣 差价 特价 减
free: 免费 包邮 免运费 不要钱
coupon: 优惠券 券 红包 折扣码 优惠码
invoice: 发票 开票 专票 普票 税号 抬头 报销
pay: 支付 付款 付钱 支付宝 微信 买单 结账 扣款
card: 银行卡 信用卡 储蓄卡 刷卡
instalment: 分期 花呗
account: 账号 账户 帐号 号
login: 登录 登陆 登不上 登不进
register: 注册 开通 开户 新用户
password: 密码
phone: 手机 手机号 电话 号码
call: 电话 热线 打电话
mail: 邮箱 邮件
code: 验证码 短信
member: 会员 等级 金卡 银卡 黑卡 升级
points: 积分 分
gift: 礼物 礼品 送人 送礼 礼盒
giftcard: 礼品卡 购物卡 储值卡
wrap: 包装 礼盒
size: 尺码 码数 大小 号码 码 脚长
big: 偏大 大了 太大 宽松 松
small: 偏小 小了 太小 挤脚 窄 紧 勒
address: 地址 收货 送到
edit: 改 修改 更改 变更 改成
wrong: 错 发错 填错 不对 搞错 弄错 不符
fail: 失败 不了 不行 不能 不上 没用 不可用 用不了
genuine: 正品 真的 假货 真假 假的 保真
customs: 关税 海关 清关 报关
abroad: 国外 海外 国际 境外 外国
hours: 几点 上班 时间 营业 下班 服务时间
allergy: 过敏 红疹 刺痛 敏感 泛红 痒
battery: 电池 续航 充电 电量 没电
delete: 注销 删除 销号 删
wash: 清洗 洗 清洁 水洗 机洗
water: 防水 水 淋雨 下雨 游泳 泡水
connect: 连接 连不上 蓝牙 配对 连
child: 孩子 小孩 宝宝 儿童 娃
howlong: 多久 几天 多长时间 何时 什么时候 多快 啥时候
split: 分开 拆单 两个 几个 多个 分两次
expire: 过期 有效期 到期 失效
stock: 有货 缺货 补货 没货 库存 断货 售罄
complain: 投诉 建议 差评 态度 反馈
holiday: 周末 节假日 春节 假期 双11 双十一 618
skin: 皮肤 脸 敏感肌 痘
night: 晚上 夜里 半夜 凌晨
"""


def _invert(table: str) -> dict[str, tuple[str, ...]]:
    """Word → concepts, from lines of ``concept: word word …``."""
    found: dict[str, tuple[str, ...]] = {}
    for line in table.strip().splitlines():
        concept, words = line.split(": ")
        for word in words.split():
            found[word] = (*found.get(word, ()), concept)
    return found


ENGLISH_CONCEPTS = _invert(_ENGLISH)
CHINESE_CONCEPTS = _invert(_CHINESE)
