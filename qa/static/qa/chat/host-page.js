/**
 * The page around the widget, by messages between windows: only its window, only from the origins on the list.
 */

/** @typedef {{hangjia: 1, name: string, detail?: any}} Word */

export class HostPage {
  #origins;
  /** @type {string | null} who may hear; known once it has spoken */
  #origin = null;

  /**
   * @param {string[]} origins
   * @param {(name: string, detail: any) => void} heard
   */
  constructor(origins, heard) {
    this.#origins = origins;
    if (!this.isEmbedded) return;
    addEventListener("message", ({ source, origin, data }) => {
      if (source !== parent || !origins.includes(origin) || data?.hangjia !== 1) return;
      this.#origin = origin;
      heard(String(data.name), data.detail);
    });
    document.addEventListener("keydown", (event) => {
      if (event.key !== "Escape" || event.defaultPrevented || event.isComposing) return;
      if (!document.querySelector(":modal, :popover-open")) this.tell("close");
    });
  }

  get isEmbedded() {
    return parent !== window && this.#origins.length > 0;
  }

  /**
   * @param {string} name
   * @param {unknown} [detail]
   */
  tell(name, detail = null) {
    if (this.#origin !== null) parent.postMessage({ hangjia: 1, name, detail }, this.#origin);
  }
}
