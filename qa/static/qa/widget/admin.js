/** A widget's form: the preview follows what is typed, the tag names this installation and can be copied. */

const PREVIEW_AFTER_MS = 400;

document.addEventListener("DOMContentLoaded", () => {
  const frame = document.querySelector("iframe[data-preview]");
  if (frame instanceof HTMLIFrameElement) followForm(frame);
  for (const tag of document.querySelectorAll("textarea[data-origin]")) {
    if (!(tag instanceof HTMLTextAreaElement)) continue;
    tag.value = tag.value.replace(tag.dataset.origin ?? "", location.origin);
  }
  for (const button of document.querySelectorAll("[data-copy]")) button.addEventListener("click", copy);
});

/** @param {HTMLIFrameElement} frame */
function followForm(frame) {
  const names = (frame.dataset.fields ?? "").split(" ");
  const fields = names.flatMap((name) => document.getElementById(`id_${name}`) ?? []);
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let timer;
  const show = () => {
    const values = fields.map((field) => [field.id.slice(3), /** @type {HTMLInputElement} */ (field).value]);
    const address = `${frame.dataset.preview}?${new URLSearchParams(values)}`;
    if (frame.getAttribute("src") !== address) frame.src = address;
  };
  showCorner(frame.parentElement);
  for (const field of fields) {
    field.addEventListener("input", () => {
      clearTimeout(timer);
      timer = setTimeout(show, PREVIEW_AFTER_MS);
    });
  }
  show();
}

/** @param {HTMLElement | null} preview Whose button stands in the corner, and has the colour, that the form says. */
function showCorner(preview) {
  const [side, color] = ["side", "brand_color"].map((name) => document.getElementById(`id_${name}`));
  const launcher = preview?.querySelector("span");
  if (!preview || !launcher) return;
  const show = () => {
    if (side instanceof HTMLSelectElement) preview.dataset.side = side.value;
    if (color instanceof HTMLInputElement) launcher.style.backgroundColor = color.value;
  };
  side?.addEventListener("input", show);
  color?.addEventListener("input", show);
  show();
}

/** @param {Event} event */
async function copy({ currentTarget }) {
  if (!(currentTarget instanceof HTMLElement)) return;
  const text = document.querySelector(currentTarget.dataset.copy ?? "");
  if (!(text instanceof HTMLTextAreaElement)) return;
  text.select();
  // Plain http has no clipboard; what is selected can be copied by hand.
  if (!navigator.clipboard) return;
  await navigator.clipboard.writeText(text.value);
  currentTarget.textContent = currentTarget.dataset.done ?? "";
}
