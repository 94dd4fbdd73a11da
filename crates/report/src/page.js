"use strict";
// Searching and paging; everything else on the page is there without it.
(() => {
  const PAGE_ROWS = 50;
  const data = JSON.parse(document.getElementById("data").textContent);
  const list = document.getElementById("drop-list");
  const element = (name, text) => {
    const made = document.createElement(name);
    if (text !== undefined) made.textContent = text;
    return made;
  };
  const matches = (text, words) => words.every((word) => text.includes(word));
  const wordsOf = (input) => input.value.toLowerCase().split(/\s+/).filter(Boolean);

  let found = data.drops, page = 0;
  const keys = data.drops.map((row) => row.join(" ").toLowerCase());
  const show = () => {
    const pages = Math.max(1, Math.ceil(found.length / PAGE_ROWS));
    page = Math.min(Math.max(page, 0), pages - 1);
    const table = element("table"), head = element("tr"), body = element("tbody");
    for (const name of ["dropped", "kept", "kind", "p", "source", "title"]) head.append(element("th", name));
    for (const row of found.slice(page * PAGE_ROWS, (page + 1) * PAGE_ROWS)) {
      const line = element("tr");
      row.forEach((value, at) => {
        const cell = element("td");
        cell.append(at < 2 ? element("code", value) : document.createTextNode(value));
        line.append(cell);
      });
      body.append(line);
    }
    const thead = element("thead");
    thead.append(head);
    table.append(thead, body);
    const pager = element("div");
    pager.className = "pager";
    const step = (text, by, disabled) => {
      const button = element("button", text);
      button.type = "button";
      button.disabled = disabled;
      button.addEventListener("click", () => { page += by; show(); });
      return button;
    };
    pager.append(step("earlier", -1, page === 0), step("later", 1, page === pages - 1),
      element("span", `page ${page + 1} of ${pages}, ${found.length} documents`));
    const wide = element("div");
    wide.className = "wide";
    wide.append(table);
    list.replaceChildren(pager, wide);
  };
  const searches = {
    drops: (words) => {
      found = data.drops.filter((_, at) => matches(keys[at], words));
      page = 0;
      show();
    },
  };
  const hideOthers = (selector) => (words) => {
    for (const item of document.querySelectorAll(selector)) {
      item.hidden = !matches(item.textContent.toLowerCase(), words);
    }
  };
  searches.article = hideOthers("#stories article");
  searches.miss = hideOthers("tr.miss");
  searches.cut = hideOthers("details.cut");
  for (const input of document.querySelectorAll("input[data-search]")) {
    input.hidden = false;
    let timer;
    input.addEventListener("input", () => {
      clearTimeout(timer);
      timer = setTimeout(() => searches[input.dataset.search](wordsOf(input)), 120);
    });
  }
  show();
})();
