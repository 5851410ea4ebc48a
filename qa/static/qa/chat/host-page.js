/**
 * The page around the widget, by messages between windows: only its window, only from the origins on the list.
 */

/**
 * @param {string[]} origins
 * @param {(name: string, detail: any) => void} heard
 */
export function meetHostPage(origins, heard) {
  const isEmbedded = parent !== window && origins.length > 0;
  /** @type {string | null} who may hear; known once it has spoken */
  let speaker = null;

  /**
   * @param {string} name
   * @param {unknown} [detail]
   */
  function tell(name, detail = null) {
    if (speaker !== null) parent.postMessage({ hangjia: 1, name, detail }, speaker);
  }

  if (isEmbedded) {
    addEventListener("message", ({ source, origin, data }) => {
      if (source !== parent || !origins.includes(origin) || data?.hangjia !== 1) return;
      speaker = origin;
      heard(String(data.name), data.detail);
    });
    document.addEventListener("keydown", (event) => {
      if (event.key !== "Escape" || event.defaultPrevented || event.isComposing) return;
      if (!document.querySelector(":modal, :popover-open")) tell("close");
    });
  }
  return { isEmbedded, tell };
}
