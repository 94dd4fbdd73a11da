"use strict";
// Searching, filters, sorting, paging and keys; everything else on the page is there without it.
(() => {
  const PAGE_ROWS = 50;
  const COLUMNS = ["dropped", "kept", "kind", "p", "source", "title"];
  const KIND = 2, ANCHOR = COLUMNS.length;
  const drops = JSON.parse(document.getElementById("data").textContent).drops;
  const list = document.getElementById("drop-list");
  const all = (selector) => [...document.querySelectorAll(selector)];
  const one = (selector) => document.querySelector(selector);
  const element = (name, text) => {
    const made = document.createElement(name);
    if (text !== undefined) made.textContent = text;
    return made;
  };
  const button = (text, act) => {
    const made = element("button", text);
    made.type = "button";
    made.addEventListener("click", act);
    return made;
  };
  const wordsOf = (what) => {
    const input = one(`input[data-search="${what}"]`);
    return input ? input.value.toLowerCase().split(/\s+/).filter(Boolean) : [];
  };
  const kindOf = (what) => {
    const select = one(`select[data-kind-of="${what}"]`);
    return select ? select.value : "";
  };
  const matches = (text, words) => words.every((word) => text.includes(word));

  // The list of dropped documents: rows are only made for the page that is seen.
  const order = drops.map((_, at) => at);
  const keys = drops.map((row) => row.slice(0, ANCHOR).join(" ").toLowerCase());
  let found = order, page = 0, sorted = { by: -1, down: false };
  const compare = (a, b) => (typeof a === "number" ? a - b : a < b ? -1 : a > b ? 1 : 0);
  const sortBy = (column) => {
    sorted = { by: column, down: sorted.by === column && !sorted.down };
    const sign = sorted.down ? -1 : 1;
    order.sort((a, b) => sign * compare(drops[a][column], drops[b][column]) || a - b);
    searchDrops();
  };
  const searchDrops = () => {
    const words = wordsOf("drops"), kind = kindOf("drops");
    found = order.filter((at) => (!kind || drops[at][KIND] === kind) && matches(keys[at], words));
    page = 0;
    showDrops();
  };
  const cellOf = (row, column) => {
    const cell = element("td"), value = row[column];
    if (column === 0 && row[ANCHOR]) {
      const link = element("a");
      link.href = `#${row[ANCHOR]}`;
      link.append(element("code", value));
      cell.append(link);
    } else if (column < 2) {
      cell.append(element("code", value));
    } else if (column === KIND) {
      const mark = element("span", value);
      mark.className = `kind ${value}`;
      cell.append(mark);
    } else {
      cell.textContent = value;
    }
    return cell;
  };
  const headOf = (name, column) => {
    const head = element("th"), act = button(name, () => sortBy(column));
    head.scope = "col";
    if (sorted.by === column) head.setAttribute("aria-sort", sorted.down ? "descending" : "ascending");
    head.append(act);
    return head;
  };
  const showDrops = () => {
    const pages = Math.max(1, Math.ceil(found.length / PAGE_ROWS));
    page = Math.min(Math.max(page, 0), pages - 1);
    const table = element("table"), head = element("tr"), body = element("tbody");
    head.append(...COLUMNS.map(headOf));
    for (const at of found.slice(page * PAGE_ROWS, (page + 1) * PAGE_ROWS)) {
      const line = element("tr");
      line.append(...COLUMNS.map((_, column) => cellOf(drops[at], column)));
      body.append(line);
    }
    const thead = element("thead"), wide = element("div"), pager = element("div");
    thead.append(head);
    table.append(thead, body);
    wide.className = "wide";
    wide.append(table);
    pager.className = "pager";
    const back = button("previous", () => turn(-1)), on = button("next", () => turn(1));
    back.disabled = page === 0;
    on.disabled = page === pages - 1;
    const state = element("span", `page ${page + 1} of ${pages}, ${found.length} of ${drops.length} documents`);
    state.setAttribute("role", "status");
    pager.append(back, on, state);
    list.replaceChildren(pager, wide);
  };
  const turn = (by) => { page += by; showDrops(); };

  // Items that are on the page already are hidden or shown.
  const SELECTORS = { article: "#stories article", miss: "details.miss", cut: "details.cut", reject: "tr.reject" };
  const searchItems = (what) => () => {
    const words = wordsOf(what), kind = kindOf(what), items = all(SELECTORS[what]);
    let shown = 0;
    for (const item of items) {
      const isKind = !kind || (item.dataset.kinds || "").split(" ").includes(kind);
      item.hidden = !(isKind && matches(item.textContent.toLowerCase(), words));
      shown += item.hidden ? 0 : 1;
    }
    const state = one(`[data-found="${what}"]`);
    if (state) state.textContent = words.length || kind ? `${shown} of ${items.length}` : "";
  };
  const searches = { drops: searchDrops };
  for (const what of Object.keys(SELECTORS)) searches[what] = searchItems(what);
  for (const input of all("input[data-search]")) {
    let timer;
    input.hidden = false;
    input.addEventListener("input", () => {
      clearTimeout(timer);
      timer = setTimeout(searches[input.dataset.search], 120);
    });
  }
  for (const select of all("select[data-kind-of]")) {
    select.hidden = false;
    select.addEventListener("change", searches[select.dataset.kindOf]);
  }

  // Links that narrow the list of dropped documents down.
  document.addEventListener("click", (event) => {
    const link = event.target.closest("[data-kind], [data-find]");
    if (!link) return;
    one('select[data-kind-of="drops"]').value = link.dataset.kind || "";
    one('input[data-search="drops"]').value = link.dataset.find || "";
    searchDrops();
  });

  // A link to a copy opens it.
  const openTarget = () => {
    const target = location.hash && document.getElementById(decodeURIComponent(location.hash.slice(1)));
    if (!target || target.tagName !== "DETAILS") return;
    const story = target.closest("article");
    if (story) story.hidden = false;
    target.open = true;
    target.scrollIntoView();
    target.querySelector("summary").focus({ preventScroll: true });
  };
  window.addEventListener("hashchange", openTarget);

  // Keys.
  const sectionInView = () => all("main section").findLast((section) => section.getBoundingClientRect().top < 120);
  const step = (by) => {
    const stops = all("main summary").filter((item) => item.offsetParent !== null);
    const at = stops.indexOf(document.activeElement);
    const inView = () => stops.findIndex((item) => item.getBoundingClientRect().top > 0);
    const next = stops[at < 0 ? Math.max(inView(), 0) : at + by];
    if (next) next.focus();
  };
  const search = () => {
    const near = sectionInView();
    const input = (near && near.querySelector("input[data-search]")) || one("input[data-search]");
    if (input) input.focus();
  };
  const acts = { "/": search, j: () => step(1), k: () => step(-1), "[": () => turn(-1), "]": () => turn(1) };
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const field = event.target.closest("input, select, textarea");
    if (field) {
      if (event.key === "Escape" && field.matches("input[data-search]")) {
        field.value = "";
        searches[field.dataset.search]();
        field.blur();
      }
      return;
    }
    if (acts[event.key]) {
      event.preventDefault();
      acts[event.key]();
    }
  });
  one("#keys").hidden = false;
  showDrops();
  openTarget();
})();
