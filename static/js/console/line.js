// static/js/console/line.js – the live line of pages beside the chats: presence holds, offers ring, news of own chats come.
import { ChatSocket, followBrowser } from "../chat/socket.js";

/** Events (on(type, fn)) are the frames of the agents' socket by type, plus `state`. No transcript is replayed. */
export class Line {
  #listeners = new Map(); #clockSkew = 0;

  constructor({ url }) {
    this.socket = new ChatSocket({
      url,
      hello: () => ({ cursors: "now" }),
      onFrame: (frame) => this.#take(frame),
      onState: (state) => this.emit("state", state),
    });
  }

  start() {
    followBrowser(this.socket);
    this.socket.open();
  }

  on(type, fn) {
    this.#listeners.set(type, [...(this.#listeners.get(type) ?? []), fn]);
  }

  emit(type, detail) {
    for (const fn of this.#listeners.get(type) ?? []) fn(detail);
  }

  /** The server's clock, in ms. */
  now() {
    return Date.now() + this.#clockSkew;
  }

  #take(frame) {
    if (frame.type === "welcome") this.#clockSkew = new Date(frame.server_time).getTime() - Date.now() || 0;
    this.emit(frame.type, frame);
  }
}
