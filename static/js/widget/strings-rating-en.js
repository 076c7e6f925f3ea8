// static/js/widget/strings-rating-en.js – the words of the rating in English.

export default {
  title: "How was this chat?",
  score_1: "Bad",
  score_2: "Poor",
  score_3: "Fair",
  score_4: "Good",
  score_5: "Great",
  comment: "Anything we should know? (optional)",
  send: "Send rating",
  failed: "That did not work. Please try again.",
};
