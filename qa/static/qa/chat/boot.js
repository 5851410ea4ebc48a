// A classic script in <head>, before the first paint: a module would run after it and flash the wrong theme.
(() => {
  const html = document.documentElement;
  const asked = new URLSearchParams(location.search);
  /** @type {(key: string) => string | null} */
  let stored = () => null;
  try {
    const { localStorage } = window;
    stored = (key) => localStorage.getItem(`hangjia.${key}`);
  } catch {
    // Storage is forbidden: the page follows the system.
  }
  const theme = asked.get("theme") ?? stored("theme") ?? html.dataset.theme ?? "";
  html.dataset.theme = /^(light|dark)$/.test(theme) ? theme : "auto";
  const wishes = [asked.get("locale"), stored("language"), html.dataset.locale, navigator.language];
  const tag = wishes.find((wish) => wish && /^(zh|en)/i.test(wish)) ?? "en";
  // Taiwan, Hong Kong and Macao write traditional characters (CLDR, likely subtags).
  html.lang = /^zh/i.test(tag) ? (/hant|tw|hk|mo/i.test(tag) ? "zh-Hant" : "zh-Hans") : "en";
  // The words arrive with the script that shows them, not after it.
  const link = document.createElement("link");
  document.head.append(Object.assign(link, { rel: "preload", as: "fetch", crossOrigin: "", href: `${html.dataset.words}${html.lang}.json` }));
  html.dir = asked.get("dir") === "rtl" ? "rtl" : "ltr";
})();
