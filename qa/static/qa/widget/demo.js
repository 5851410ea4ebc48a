// What a shop writes itself: a queue for calls before the loader is there, and a button of its own.
window.Hangjia ??= (...call) => (window.Hangjia.q ??= []).push(call);
document.addEventListener("click", ({ target }) => {
  const method = target instanceof Element && target.closest("[data-hangjia]")?.getAttribute("data-hangjia");
  if (method) window.Hangjia(method);
});
