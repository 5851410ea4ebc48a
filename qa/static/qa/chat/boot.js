// A classic script in <head>, before the first paint: a module would run after it and flash the wrong theme.
(() => {
  try {
    const theme = localStorage.getItem("hangjia.theme");
    if (theme === "light" || theme === "dark") document.documentElement.dataset.theme = theme;
    const chosen = localStorage.getItem("hangjia.language") || navigator.language;
    document.documentElement.lang = chosen.toLowerCase().startsWith("zh") ? "zh-CN" : "en";
  } catch {
    // Storage is forbidden: the page follows the system.
  }
})();
