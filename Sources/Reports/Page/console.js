// The consoles: one machine's, or all of them by the time of their lines.
const alarm = /kernel panic|\bBUG:|\bOops\b|segfault|out of memory: killed|call trace:|soft lockup/i;

const consoles = {
  items: [], current: -1, matches: [], match: -1, needle: "", movedTo: null,

  start() {
    this.scroller = new Scroller(byId("log"), 18, (index) => this.row(index));
    byId("log").addEventListener("scroll", () => this.scrolled(), { passive: true });
    byId("log").addEventListener("click", (event) => {
      const row = event.target.closest(".row");
      if (!row || String(getSelection())) return;
      const time = this.time(Number(row.dataset.index));
      if (time === null) return;
      this.current = Number(row.dataset.index);
      setMoment(time, "console");
      this.scroller.draw();
    });
    const find = byId("find");
    find.addEventListener("input", () => this.find(find.value));
    find.addEventListener("keydown", (event) => {
      if (event.key === "Enter") { event.preventDefault(); this.step(event.shiftKey ? -1 : 1); }
      if (event.key === "Escape") { find.value = ""; this.find(""); byId("log").focus(); }
    });
    const shown = machines.filter((machine) => machine.console);
    state.shownMachine = shown.length === 1 ? shown[0].index : -1;
    const failed = run.error && machines.find((machine) => machine.name === run.error.machine);
    if (failed && failed.console) state.shownMachine = failed.index;
    this.build();
  },

  buildTabs() {
    const shown = machines.filter((m) => m.console && !state.hiddenMachines.has(m.index));
    const tab = (name, index, colour) => make("button", {
      type: "button", "aria-pressed": String(state.shownMachine === index), class: colour,
      on: { click: () => this.show(index) },
    }, colour ? make("i", { class: "own" }) : null, name);
    const tabs = shown.map((machine) => tab(machine.name, machine.index, machine.colour));
    if (shown.length > 1) tabs.unshift(tab("all", -1, null));
    byId("tabs").replaceChildren(...tabs);
  },

  show(index) {
    if (state.shownMachine === index) return;
    state.shownMachine = index;
    this.build();
  },

  build() {
    const visible = machines.filter((m) => m.console && !state.hiddenMachines.has(m.index));
    if (state.shownMachine >= 0 && !visible.some((m) => m.index === state.shownMachine)) state.shownMachine = -1;
    this.buildTabs();
    const chosen = state.shownMachine < 0 ? visible : [machines[state.shownMachine]];
    this.items = [];
    for (const machine of chosen) {
      const { texts, gaps, times } = machine.console;
      for (let line = 0; line <= texts.length; line += 1) {
        const left = gaps.get(line);
        if (left) {
          const near = Math.min(line, texts.length - 1);
          this.items.push({ machine, gap: left, time: times && near >= 0 ? times[near] : null });
        }
        if (line < texts.length) this.items.push({ machine, line, time: times ? times[line] : null });
      }
    }
    if (chosen.length > 1) this.items.sort((a, b) => (a.time ?? 0) - (b.time ?? 0));
    this.isTimed = this.items.some((item) => item.time !== null);
    this.current = -1;
    this.scroller.setCount(this.items.length);
    this.note(chosen);
    this.find(this.needle);
    this.follow();
  },

  note(chosen) {
    const note = byId("log-note");
    const cut = chosen.filter((machine) => machine.console.gaps.size);
    const parts = [];
    if (!chosen.length) parts.push("No console was recorded.");
    else if (!this.items.length) parts.push("The console said nothing.");
    if (cut.length) {
      const left = cut.reduce((sum, m) => sum + [...m.console.gaps.values()].reduce((a, b) => a + b, 0), 0);
      parts.push(`${size(left)} of console text are not in this page: its beginning, its end and what was said around events are. Whole: `);
      cut.slice(0, 8).forEach((machine, index) => {
        if (index) parts.push(", ");
        parts.push(make("a", { href: machine.log }, machine.file));
      });
    }
    if (this.items.length && !this.isTimed) parts.push("When these lines came was not recorded.");
    note.replaceChildren(...parts);
  },

  time(index) { return this.items[index] ? this.items[index].time : null; },

  row(index) {
    const item = this.items[index];
    const { machine } = item;
    const now = index === this.current ? " now" : "";
    if (item.gap) {
      return make("div", { class: `row gap${now}`, "data-index": index },
        make("a", { href: machine.log },
          `⋯ ${size(item.gap)} left out here: see ${machine.file}`));
    }
    const text = machine.console.texts[item.line];
    return make("div", { class: `row${now}${alarm.test(text) ? " alarm" : ""}`, "data-index": index },
      make("time", {}, item.time === null ? "" : item.time.toFixed(3)),
      state.shownMachine < 0 ? make("span", { class: `who ${machine.colour}` }, machine.name) : null,
      make("span", {}, this.marked(text)));
  },

  marked(text) {
    if (!this.needle) return text;
    const parts = [];
    const lower = text.toLowerCase();
    let start = 0;
    for (;;) {
      const at = lower.indexOf(this.needle, start);
      if (at < 0 || parts.length > 100) break;
      parts.push(text.slice(start, at), make("mark", {}, text.slice(at, at + this.needle.length)));
      start = at + this.needle.length;
    }
    return [...parts, text.slice(start)];
  },

  /// The last line that had come by the moment.
  indexAt(time) {
    const { items } = this;
    return Math.max(0, firstIndex(items.length, (index) => (items[index].time ?? 0) > time) - 1);
  },

  /// Goes to where the moment is.
  follow() {
    if (!this.items.length || !this.isTimed) return;
    this.current = this.indexAt(state.moment);
    this.scroller.scrollToAnchor(this.current);
    this.movedTo = byId("log").scrollTop;
    this.scroller.draw();
  },

  scrolled() {
    const top = byId("log").scrollTop;
    if (this.movedTo !== null && Math.abs(top - this.movedTo) < 2) return;
    this.movedTo = null;
    const index = this.scroller.anchor;
    if (index === null || !this.isTimed || index === this.current) return;
    this.current = index;
    this.scroller.draw();
    setMoment(this.time(index), "console");
  },

  find(text) {
    this.needle = text.toLowerCase();
    this.matches = [];
    this.match = -1;
    if (this.needle) {
      this.items.forEach((item, index) => {
        if (item.gap === undefined && item.machine.console.texts[item.line].toLowerCase().includes(this.needle)) {
          this.matches.push(index);
        }
      });
    }
    this.showFound();
    this.scroller.draw();
  },

  step(direction) {
    const { matches } = this;
    if (!matches.length) return;
    if (this.match < 0) {
      const next = firstIndex(matches.length, (at) => matches[at] > this.current);
      this.match = direction > 0 ? next % matches.length : (next - 1 + matches.length) % matches.length;
    } else {
      this.match = (this.match + direction + matches.length) % matches.length;
    }
    this.current = matches[this.match];
    this.scroller.scrollToAnchor(this.current);
    this.movedTo = byId("log").scrollTop;
    this.scroller.draw();
    const time = this.time(this.current);
    if (time !== null) setMoment(time, "console");
    this.showFound();
  },

  showFound() {
    const { matches } = this;
    byId("found").textContent = !this.needle ? "" : !matches.length ? "none"
      : this.match < 0 ? `${count(matches.length)} lines` : `${count(this.match + 1)} / ${count(matches.length)}`;
  },
};
