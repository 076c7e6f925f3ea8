"""Messages that no FAQ answers: small talk, other shops' business, vague cries for help. Written for the tests."""

ENGLISH = (
    "what's the weather in Shanghai tomorrow", "tell me a joke", "who won the match last night",
    "can you write my homework essay", "what is the capital of France", "how old are you",
    "I'm bored, entertain me", "do you like cats", "book me a flight to Tokyo",
    "what's the best restaurant near me", "is bitcoin going up", "how do I cook rice",
    "can you fix my car's brakes", "my boyfriend left me", "what do you think about politics",
    "translate good morning into German", "how many calories in a banana", "sing me a song",
    "I need a doctor's appointment", "do you sell laptops from Dell", "do you have used books",
    "can I rent a bicycle from you", "are you hiring drivers in Berlin", "it doesn't work",
    "I have a problem", "this is ridiculous", "so angry right now", "well that happened again",
    "what about the other thing", "you told me something different yesterday", "same as last time",
    "the blue one", "ok and then", "why though", "asdfgh", "123456", "hmm not sure", "anything else I should know",
    "the lady on the phone promised me something", "your colleague was very rude to me",
    "I talked to Jenny about it last week", "see the attached screenshot",
)  # fmt: skip

CHINESE = (
    "今天天气怎么样", "给我讲个笑话", "明天会下雨吗", "你多大了", "推荐一部好看的电影", "帮我写篇作文",
    "法国的首都是哪里", "股票现在能买吗", "附近有什么好吃的", "我失恋了", "红烧肉怎么做", "帮我订一张去北京的机票",
    "昨晚球赛谁赢了", "你喜欢猫还是狗", "唱首歌来听听", "怎么减肥最快", "房贷利率现在多少", "你们卖二手车吗",
    "可以租自行车吗", "能帮我修空调吗", "有没有卖宠物粮食", "不行啊", "有问题", "太气人了", "又这样了",
    "上次那个事怎么说", "跟昨天说的不一样啊", "就是那个蓝色的", "然后呢", "为什么呀", "哈哈哈哈", "嗯嗯",
    "你看看这个图", "上次那个客服答应我的", "我跟小王说过了", "电话里说好的", "怎么搞的", "真的无语了",
    "阿斯顿发", "一二三四五",
)  # fmt: skip
