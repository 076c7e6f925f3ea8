import pytest

from apps.robot.order_words import read

PARCEL = """
where is my order
Where's my package??
hi, where is my order?
wheres my parcel
track my order LL100102
how do I track my order
when will my order arrive
has my order shipped yet?
my package hasn't arrived
my order still has not arrived
my parcel is late
I haven't received my order
order status
any update on my order?
what's the status of order LL100102
my new shoes never arrived
where is order #LL100102
I'm still waiting for my package
我的快递到哪了
我的快递到哪里了？
快递到哪了
查一下我的订单
帮我查下物流
怎么查物流
我的订单怎么还没发货
包裹怎么还没到
我买的鞋子什么时候到
订单状态
我的货呢
LL100102到哪了
物流一直不动
下单五天了还没收到
我的包裹丢了
我的订单发货了吗
快递好几天了都没动
订单LL100102的快递在哪
"""
REFUND = """
where is my refund
I haven't received my refund
refund status
has my refund been processed
我的退款到哪了
退款进度
退款还没到账
钱怎么还没退
查一下退款
"""
# Questions in general, for the knowledge base.
NEITHER = """
how long does shipping take
where do I find my order number
how do I find my order number
my package says delivered but I don't have it
can I change my delivery address after ordering
I want to cancel my order
can I add another item to my order
when do I get my refund
how long does a refund take
my tracking number does not work
快递几天能到
多久发货
怎么退货
退款多久到账
可以改地址吗
运费多少
发什么快递
显示签收了但是我没收到
取消订单
快递费多少钱
I got the wrong item
where is your shop
my order arrived damaged
收到的东西是坏的
"""


def lines(table):
    return table.strip().splitlines()


@pytest.mark.parametrize("text", lines(PARCEL))
def test_who_asks_for_a_parcel_is_understood(text):
    assert read(text).kind == "parcel"


@pytest.mark.parametrize("text", lines(REFUND))
def test_who_asks_for_a_refund_is_understood(text):
    assert read(text).kind == "refund"


@pytest.mark.parametrize("text", lines(NEITHER))
def test_a_question_in_general_is_left_to_the_knowledge_base(text):
    assert read(text).kind is None


@pytest.mark.parametrize(
    ("text", "number", "tail"),
    [
        ("LL100102 0101", "LL100102", "0101"),
        ("订单号LL100102，手机尾号0101", "LL100102", "0101"),
        ("my order is ll100102 and phone ends with 0101", "LL100102", "0101"),
        ("my number is LL100102. Digits: 0101", "LL100102", "0101"),
        ("ＬＬ１００１０２　０１０１", "LL100102", "0101"),
        ("#LL100102", "LL100102", ""),
        ("LL100102 13800130101", "LL100102", "0101"),
        ("+1 202 555 0143 LL100125", "LL100125", "0143"),
        ("单号是 88123 尾号 1234", "88123", "1234"),
        ("202611220001234 8899", "202611220001234", "8899"),
        ("13800138000", "", "8000"),
        ("0101", "", "0101"),
        ("零一零一", "", "0101"),
        ("I bought 2 pairs", "", ""),
    ],
)
def test_number_and_digits_are_found(text, number, tail):
    words = read(text)

    assert (words.number, words.tail) == (number, tail)


@pytest.mark.parametrize(
    "text", ["LL100102", "#LL100102, 0101", "订单号：LL100102", "my order number is LL100102"]
)
def test_a_number_with_nothing_else_is_bare(text):
    assert read(text).bare


@pytest.mark.parametrize("text", ["I want to cancel LL100102", "LL100102 要换尺码", "hello"])
def test_a_number_beside_other_business_is_not_bare(text):
    assert not read(text).bare


@pytest.mark.parametrize("text", ["I don't know the number", "I lost it", "在哪看订单号", "忘了"])
def test_who_does_not_know_the_number_is_understood(text):
    assert read(text).does_not_know
