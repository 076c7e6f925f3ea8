// static/js/shop/shop.js – the demo shop's bag: a number that survives a page change.
const bag = document.querySelector("[data-bag]");
const form = document.querySelector("[data-buy]");
const said = document.querySelector("[data-said]");

const count = () => Number(sessionStorage.getItem("bag") ?? 0);
bag.textContent = count();

form.addEventListener("submit", (event) => {
  event.preventDefault();
  sessionStorage.setItem("bag", count() + 1);
  bag.textContent = count();
  said.textContent = said.dataset.added;
});
