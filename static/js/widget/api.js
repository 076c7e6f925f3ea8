// static/js/widget/api.js – the REST calls of a visitor.

export class ApiError extends Error {
  constructor(status, body) {
    super(body?.detail || `HTTP ${status}`);
    this.status = status;
    this.code = body?.code ?? "unavailable";
    this.body = body ?? {};
  }
}

export class VisitorApi {
  session = null; // {id, token}
  patience = 20_000; // ms for an answer; files may take longer

  config(inbox, locale) {
    return this.#call("GET", `config?${new URLSearchParams({ inbox, locale })}`);
  }

  /** Open a chat, or resume the live one of the same customer. `token` of an earlier chat says who it is. */
  open(body, token) {
    return this.#call("POST", "sessions", body, token);
  }

  get(path = "") {
    return this.#call("GET", this.#path(path));
  }

  post(path, body = {}) {
    return this.#call("POST", this.#path(path), body);
  }

  messages(query) {
    return this.get(`/messages?${new URLSearchParams(query)}`);
  }

  leaveMessage(form, token) {
    return this.#call("POST", "tickets", form, token);
  }

  /** Upload `file`; `onProgress(0…1)`. XMLHttpRequest, for fetch knows no upload progress. */
  upload(file, onProgress) {
    return new Promise((resolve, reject) => {
      const request = new XMLHttpRequest();
      request.open("POST", "/api/v1/visitor/uploads");
      request.setRequestHeader("Authorization", `Bearer ${this.session.token}`);
      request.responseType = "json";
      request.upload.onprogress = ({ loaded, total }) => onProgress(total ? loaded / total : 0);
      request.onload = () => (request.status < 300 ? resolve(request.response) : reject(new ApiError(request.status, request.response)));
      request.onerror = () => reject(new ApiError(0));
      const form = new FormData();
      form.append("file", file, file.name || "image.png");
      request.send(form);
    });
  }

  #path(path) {
    return `sessions/${this.session.id}${path}`;
  }

  async #call(method, path, body, token = this.session?.token) {
    const headers = { Accept: "application/json" };
    if (token) headers.Authorization = `Bearer ${token}`;
    const isForm = body instanceof FormData; // its type has a boundary that the browser adds
    if (body && !isForm) headers["Content-Type"] = "application/json";
    const response = await fetch(`/api/v1/visitor/${path}`, { method, headers, signal: isForm ? null : AbortSignal.timeout(this.patience), body: isForm ? body : body && JSON.stringify(body), credentials: "omit" })
      .catch(() => { throw new ApiError(0); });
    const answer = response.status === 204 ? null : await response.json().catch(() => null);
    if (!response.ok) throw new ApiError(response.status, answer);
    return answer;
  }
}
