// static/js/console/read-elsewhere.js – the tabs of one agent tell each other what has been read in them.

export class ReadElsewhere {
  #channel;

  /** `heard({id, seq})`: chat `id` was read up to `seq` in another tab. */
  constructor(user, heard) {
    this.#channel = new BroadcastChannel(`helpdesk.read.${user}`);
    this.#channel.addEventListener("message", ({ data }) => heard(data));
  }

  tell(read) {
    this.#channel.postMessage(read);
  }
}
