// static/js/console/api.js – the desk's REST API, as the signed-in user.
import { idleHeader } from "./idle.js";
import { gettext } from "./i18n.js";

/** A refusal of the server (`code`, `detail`, `status`) or no answer at all (`code` "offline"). */
export class ApiError extends Error {
  constructor({ code = "error", detail = "", status = 0, ...extra }) {
    super(detail || gettext("The desk did not answer. Check your connection and try again."));
    Object.assign(this, { code, status, extra });
  }
}

export class Api {
  #root;

  constructor(root) {
    this.#root = root;
  }

  get = (path, query = {}) => this.#call("GET", `${path}${queryOf(query)}`);
  post = (path, body = {}) => this.#call("POST", path, body);
  put = (path, body = {}) => this.#call("PUT", path, body);

  /** Upload one file with progress (0–1). Returns {promise, abort}. */
  upload(path, file, onProgress) {
    const request = new XMLHttpRequest();
    const promise = new Promise((resolve, reject) => {
      request.open("POST", this.#root + path);
      request.setRequestHeader("X-CSRFToken", csrfToken());
      request.upload.onprogress = ({ loaded, total }) => onProgress(total ? loaded / total : 0);
      request.onload = () => settle(request, resolve, reject);
      request.onerror = () => reject(new ApiError({ code: "offline" }));
      request.onabort = () => reject(new ApiError({ code: "aborted" }));
      const form = new FormData();
      form.append("file", file);
      request.send(form);
    });
    return { promise, abort: () => request.abort() };
  }

  async #call(method, path, body) {
    const headers = { Accept: "application/json", "X-CSRFToken": csrfToken(), ...idleHeader() };
    if (body !== undefined) headers["Content-Type"] = "application/json";
    const response = await fetch(this.#root + path, { method, headers, body: body && JSON.stringify(body) }).catch(() => null);
    if (!response) throw new ApiError({ code: "offline" });
    const answer = await response.json().catch(() => ({}));
    if (!response.ok) throw new ApiError({ status: response.status, ...answer });
    return answer;
  }
}

function settle(request, resolve, reject) {
  let answer = {};
  try {
    answer = JSON.parse(request.responseText);
  } catch {
    // a proxy's page instead of ours: the status says enough
  }
  if (request.status < 300) resolve(answer);
  else reject(new ApiError({ status: request.status, ...answer }));
}

function queryOf(query) {
  const pairs = Object.entries(query).filter(([, value]) => value !== "" && value !== null && value !== undefined);
  return pairs.length ? `?${new URLSearchParams(pairs)}` : "";
}

/** The token of the cookie; pages also carry it in their forms, for sites that hide the cookie from scripts. */
function csrfToken() {
  const cookie = document.cookie.match(/(?:^|; )(?:__Host-)?csrftoken=([^;]+)/);
  return cookie ? cookie[1] : (document.querySelector("[name=csrfmiddlewaretoken]")?.value ?? "");
}
