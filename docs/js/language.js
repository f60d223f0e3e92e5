// Gives an English or a Chinese page its language, and the theme's few fixed words with it; without it nothing is lost.
"use strict";

(() => {
  const language = /\/(zh|en)\//.exec(location.pathname.slice(-200))?.[1];
  if (!language) return;
  document.documentElement.lang = language === "zh" ? "zh-CN" : "en";
  if (language === "en") return;
  const words = { Search: "搜索", Previous: "上一页", Next: "下一页" };
  const walk = document.createTreeWalker(document.querySelector(".navbar"), NodeFilter.SHOW_TEXT);
  while (walk.nextNode()) {
    const text = walk.currentNode;
    const word = words[text.data.trim()];
    if (word) text.data = text.data.replace(text.data.trim(), word);
  }
})();
