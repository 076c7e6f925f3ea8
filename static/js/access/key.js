// static/js/access/key.js – security keys: asks the browser for what the button's form wants, and posts the answer.
const BINARY = ["challenge", "id"]; // of the options that the server sent, as base64url

/** Bytes of a base64url text. */
function bytes(text) {
  const plain = atob(text.replaceAll("-", "+").replaceAll("_", "/"));
  return Uint8Array.from(plain, (letter) => letter.charCodeAt(0));
}

/** Base64url of an ArrayBuffer; null stays null. */
function text(buffer) {
  if (!buffer) return null;
  const plain = String.fromCharCode(...new Uint8Array(buffer));
  return btoa(plain).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}

function decoded(options) {
  const one = { ...options };
  for (const name of BINARY) if (typeof one[name] === "string") one[name] = bytes(one[name]);
  if (one.user) one.user = { ...one.user, id: bytes(one.user.id) };
  for (const list of ["allowCredentials", "excludeCredentials"]) {
    if (one[list]) one[list] = one[list].map((entry) => ({ ...entry, id: bytes(entry.id) }));
  }
  return one;
}

/** What a key answered, as JSON knows it (WebAuthn Level 3 §5.1, `toJSON`). */
function encoded(credential) {
  const { response } = credential;
  const names = ["clientDataJSON", "attestationObject", "authenticatorData", "signature", "userHandle"];
  const given = names.filter((name) => response[name]).map((name) => [name, text(response[name])]);
  return {
    id: credential.id,
    rawId: text(credential.rawId),
    type: credential.type,
    clientExtensionResults: credential.getClientExtensionResults(),
    response: Object.fromEntries(given),
  };
}

for (const button of document.querySelectorAll("[data-key]")) {
  const { form } = button;
  const trouble = form.querySelector("[data-key-trouble]");
  const { publicKey } = JSON.parse(form.querySelector("#key-options").textContent);
  button.addEventListener("click", async (event) => {
    event.preventDefault();
    trouble.hidden = true;
    button.disabled = true;
    try {
      const answer = await navigator.credentials[button.dataset.key]({ publicKey: decoded(publicKey) });
      form.elements.credential.value = JSON.stringify(encoded(answer));
      form.submit();
    } catch {
      trouble.hidden = false;
      button.disabled = false;
    }
  });
}
