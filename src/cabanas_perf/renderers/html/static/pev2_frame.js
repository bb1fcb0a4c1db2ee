"use strict";
{
  // The frame is sandboxed and so has no storage of its own; pev2 expects one.
  const kept = new Map();
  Object.defineProperty(window, "localStorage", {
    value: { getItem: (key) => kept.get(key) ?? null, setItem: (key, value) => kept.set(key, String(value)) },
  });

  const dark = matchMedia("(prefers-color-scheme: dark)");
  const paint = () => (document.documentElement.dataset.bsTheme = dark.matches ? "dark" : "light");
  dark.addEventListener("change", paint);
  paint();

  addEventListener("DOMContentLoaded", () => {
    const { plan, statement } = JSON.parse(document.getElementById("data").textContent);
    Vue.createApp({
      render: () => Vue.h(pev2.Plan, { planSource: JSON.stringify(plan), planQuery: statement }),
    }).mount("#app");
  });
}
