// static/js/widget/strings-rating-zh-hans.js – the words of the rating in Chinese.

export default {
  title: "请评价本次服务",
  score_1: "很差",
  score_2: "较差",
  score_3: "一般",
  score_4: "满意",
  score_5: "非常满意",
  comment: "还有什么想告诉我们的？（选填）",
  send: "提交评价",
  failed: "操作没有成功，请再试一次",
};
