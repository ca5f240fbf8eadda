// All marks as a list, and the chosen one in words.
const events = {
  shown: [],

  start() {
    this.scroller = new Scroller(byId("list"), 24, (index) => this.row(index));
    byId("filter").addEventListener("input", () => this.build());
    byId("list").addEventListener("click", (event) => {
      const row = event.target.closest(".row");
      if (row) select(this.shown[Number(row.dataset.index)]);
    });
    byId("list").addEventListener("keydown", (event) => {
      const steps = { ArrowDown: 1, ArrowUp: -1, PageDown: 15, PageUp: -15, Home: -Infinity, End: Infinity };
      if (!(event.key in steps) || !this.shown.length) return;
      event.preventDefault();
      const at = this.shown.indexOf(state.selected);
      const next = Math.max(0, Math.min(this.shown.length - 1, (at < 0 ? -1 : at) + steps[event.key]));
      select(this.shown[next]);
    });
    this.build();
  },

  build() {
    const needle = byId("filter").value.toLowerCase();
    this.shown = marks.filter((mark) => isShown(mark) && (!needle || this.text(mark).includes(needle)));
    byId("count").textContent = this.shown.length === marks.length ? count(marks.length)
      : `${count(this.shown.length)} of ${count(marks.length)}`;
    this.scroller.setCount(this.shown.length);
    this.reveal();
  },

  text(mark) {
    const machine = mark.machine >= 0 ? machines[mark.machine].name : "";
    return `${mark.kind} ${machine} ${mark.title} ${mark.details.task || ""} ${mark.details.place || ""}`.toLowerCase();
  },

  row(index) {
    const mark = this.shown[index];
    const machine = mark.machine >= 0 ? machines[mark.machine] : null;
    return make("div", {
      class: `row${mark.isBad || mark.isFailure ? " bad" : ""}`, role: "option", id: `event-${mark.index}`,
      "data-index": index, "aria-selected": String(mark === state.selected),
      "aria-setsize": this.shown.length, "aria-posinset": index + 1,
    },
    make("time", {}, mark.start.toFixed(3)),
    make("time", { class: "dim" }, mark.isOpen ? "no end" : mark.end === null ? "" : length(mark.end - mark.start)),
    make("span", { class: "kind" }, make("i", { class: mark.kind }), make("span", {}, kindNames[mark.kind] || mark.kind)),
    make("span", { class: `who ${machine ? machine.colour : ""}` }, machine ? machine.name : ""),
    make("span", { class: "what", title: mark.title }, mark.title));
  },

  reveal() {
    const at = this.shown.indexOf(state.selected);
    const list = byId("list");
    if (at < 0) {
      list.removeAttribute("aria-activedescendant");
    } else {
      this.scroller.reveal(at);
      list.setAttribute("aria-activedescendant", `event-${state.selected.index}`);
    }
    this.scroller.draw();
  },

  describe() {
    const mark = state.selected;
    const picked = byId("picked");
    if (!mark) {
      picked.replaceChildren(make("span", { class: "dim" },
        "Click an event or a moment. Drag moves, Ctrl and wheel zoom, ? shows the keys."));
      return;
    }
    const machine = mark.machine >= 0 ? machines[mark.machine] : null;
    const until = mark.end === null ? "" : mark.isOpen ? " on, and had not ended" : ` – ${mark.end.toFixed(3)} s`;
    const line = make("div", { class: "line" },
      make("span", { class: mark.isBad || mark.isFailure ? "tag bad" : "tag" }, kindNames[mark.kind] || mark.kind),
      machine ? make("span", { class: `who ${machine.colour}` }, machine.name) : null,
      make("span", { class: "name" }, mark.title),
      make("span", { class: "dim" }, `${mark.start.toFixed(3)} s${until}`),
      mark.end !== null && !mark.isOpen ? make("span", {}, length(mark.end - mark.start)) : null);
    const list = make("dl", {});
    for (const [name, value] of Object.entries(mark.details)) {
      if (name === "task_id") continue;
      const text = typeof value === "string" ? value : JSON.stringify(value, null, 1);
      list.append(make("dt", {}, name), make("dd", {}, name === "place" ? placeLink(text) : text));
    }
    picked.replaceChildren(line, list.childElementCount ? list : "");
    picked.scrollTop = 0;
  },
};
