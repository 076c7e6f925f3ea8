// static/js/console/dialogs.js – opening and closing the page's dialogs.
import { $, $$ } from "./dom.js";

export class Dialogs {
  constructor() {
    for (const dialog of $$("dialog[data-dialog]")) {
      this.#closeByPress(dialog);
      dialog.addEventListener("close", () => this.#before?.focus?.({ preventScroll: true }));
    }
  }

  #before = null;

  /** A press beside the dialog closes it; not one that began in it (text was marked), nor while something is written in it. */
  #closeByPress(dialog) {
    let began = null;
    dialog.addEventListener("pointerdown", ({ target }) => { began = target; });
    dialog.addEventListener("click", ({ target }) => {
      const beside = target === dialog && began === dialog && !hasWriting(dialog);
      if (beside || target.closest("[data-cancel]")) dialog.close();
    });
  }

  get anyOpen() {
    return Boolean($("dialog[open]"));
  }

  open(name) {
    this.#before = document.activeElement;
    const dialog = $(`[data-dialog="${name}"]`);
    if (!dialog.open) dialog.showModal();
    return dialog;
  }

  close(name) {
    $(`[data-dialog="${name}"]`).close();
  }

  image(url) {
    const dialog = this.open("image");
    $("[data-image]", dialog).src = url;
    $("[data-image-link]", dialog).href = url;
  }
}

/** Whether a text in it is not as it came. */
function hasWriting(dialog) {
  return $$("textarea, input:not([type=search], [data-command-input])", dialog).some((node) => node.value !== node.defaultValue);
}

/** Run a form's request: button held, error beside it. Returns whether it went through. */
export async function submitted(form, work) {
  const button = $("[data-submit]", form), error = $("[data-error]", form);
  button.disabled = true;
  error.textContent = "";
  try {
    await work();
    return true;
  } catch (problem) {
    error.textContent = problem.message;
    return false;
  } finally {
    button.disabled = false;
  }
}
