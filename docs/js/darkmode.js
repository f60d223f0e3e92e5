// Light or dark as the reader's machine is set. In place of the theme's own file, which fails where highlight.js is off.
"use strict";

(() => {
  const dark = matchMedia("(prefers-color-scheme: dark)");
  const set = () => { document.documentElement.dataset.bsTheme = dark.matches ? "dark" : "light"; };
  dark.addEventListener("change", set);
  set();
})();
