/**
 * The few things that every view does to the document.
 */

const SVG = "http://www.w3.org/2000/svg";

/** Carries language, theme and direction, on which boot.js has decided before the first paint. */
export const html = document.documentElement;

/**
 * Make an element with attributes and children; `null` and `false` children are left out. A function is a handler, under
 * its property's name (`onclick`).
 *
 * @template {keyof HTMLElementTagNameMap} T
 * @param {T} tag
 * @param {Record<string, string | boolean | null | undefined | ((event: any) => void)>} [attributes]
 * @param {...(Node | string | null | false)} children
 * @returns {HTMLElementTagNameMap[T]}
 */
export function el(tag, attributes = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (typeof value === "function") Object.assign(node, { [name]: value });
    else if (value === true) node.setAttribute(name, "");
    else if (typeof value === "string") node.setAttribute(name, value);
  }
  node.append(...children.filter((child) => child !== null && child !== false));
  return node;
}

/**
 * Make a button that submits nothing.
 *
 * @param {Parameters<typeof el>[1]} attributes
 * @param {...(Node | string | null | false)} children
 * @returns {HTMLButtonElement}
 */
export function button(attributes, ...children) {
  return el("button", { type: "button", ...attributes }, ...children);
}

/**
 * Make a decorative icon from the sprite in the page.
 *
 * @param {string} name
 * @returns {SVGSVGElement}
 */
export function icon(name) {
  const svg = document.createElementNS(SVG, "svg");
  const use = document.createElementNS(SVG, "use");
  svg.setAttribute("class", "icon");
  svg.setAttribute("aria-hidden", "true");
  use.setAttribute("href", `#icon-${name}`);
  svg.append(use);
  return svg;
}

/**
 * Find an element that the template promises.
 *
 * @template {Element} T
 * @param {string} selector
 * @param {new () => T} type
 * @returns {T}
 */
export function need(selector, type) {
  const node = document.querySelector(selector);
  if (!(node instanceof type)) {
    throw new Error(`No ${type.name} at ${selector} in page.html.`);
  }
  return node;
}
