// How the parts move together.
let isDrawing = false;
function draw() {
  if (isDrawing) return;
  isDrawing = true;
  requestAnimationFrame(() => {
    isDrawing = false;
    timeline.draw();
    overview.draw();
  });
}

const shortest = Math.min(0.0005, duration / 2);

function setView(from, to) {
  const span = Math.max(shortest, Math.min(duration * 1.04, to - from));
  const start = Math.max(-0.02 * duration, Math.min(duration * 1.02 - span, from));
  state.from = start;
  state.to = start + span;
  draw();
  remember();
}

function zoom(factor, around) {
  const middle = around ?? (state.moment >= state.from && state.moment <= state.to ? state.moment : (state.from + state.to) / 2);
  setView(middle - (middle - state.from) * factor, middle + (state.to - middle) * factor);
}

const fitAll = () => setView(-0.01 * duration, 1.01 * duration);

/// `from` says who asks: whoever it is has moved already.
function setMoment(time, from) {
  state.moment = Math.max(0, Math.min(duration, time));
  if (state.moment < state.from || state.moment > state.to) {
    const half = (state.to - state.from) / 2;
    setView(state.moment - half, state.moment + half);
  }
  if (from !== "console") consoles.follow();
  draw();
  remember();
}

function select(mark, keepsView) {
  state.selected = mark;
  if (mark) {
    if (mark.machine >= 0 && state.shownMachine >= 0 && machines[mark.machine].console) consoles.show(mark.machine);
    if (!keepsView && (mark.start > state.to || (mark.end ?? mark.start) < state.from)) {
      const half = (state.to - state.from) / 2;
      setView(mark.start - half, mark.start + half);
    }
    const moment = mark === failure || (mark.kind === "wait" && mark.end !== null) ? mark.end : mark.start;
    setMoment(moment);
    revealLane(mark);
  }
  events.describe();
  events.reveal();
  draw();
}

function revealLane(mark) {
  const number = timeline.lanes.findIndex((lane) => lane.rows.some((row) => row.includes(mark)));
  if (number < 0) return;
  state.lane = number;
  const lane = timeline.lanes[number];
  const frame = byId("lanes");
  if (lane.top < frame.scrollTop) frame.scrollTop = lane.top;
  else if (lane.top + lane.height > frame.scrollTop + frame.clientHeight) {
    frame.scrollTop = lane.top + lane.height - frame.clientHeight;
  }
}

function showFailure() {
  const span = Math.min(duration, Math.max(2, failure && failure.end !== null ? (failure.end - failure.start) * 1.5 : 5));
  setView(failureTime - span * 0.85, failureTime + span * 0.15);
  if (failure) select(failure, true); else setMoment(failureTime);
  byId("stage").scrollIntoView({ block: "nearest" });
}

// ---- filters ----

function drawTools() {
  const chip = (name, dot, hidden, key) => {
    const button = make("button", { type: "button", "aria-pressed": String(!hidden.has(key)),
      title: "Alt and click shows this alone", class: dot.own }, make("i", { class: dot.own ? "own" : dot.kind }), name);
    button.addEventListener("click", (event) => {
      const all = hidden === state.hiddenKinds ? data.kinds : machines.map((machine) => machine.index);
      if (event.altKey) {
        const isAlone = all.every((other) => hidden.has(other) === (other !== key));
        hidden.clear();
        if (!isAlone) for (const other of all) if (other !== key) hidden.add(other);
      } else if (!hidden.delete(key)) {
        hidden.add(key);
      }
      refilter();
    });
    return button;
  };
  byId("machine-chips").replaceChildren(...machines.slice(0, 60).map((machine) =>
    chip(machine.name, { own: machine.colour }, state.hiddenMachines, machine.index)));
  const used = data.kinds.filter((kind) => marks.some((mark) => mark.kind === kind));
  byId("kind-chips").replaceChildren(...used.map((kind) =>
    chip(kindNames[kind] || kind, { kind }, state.hiddenKinds, kind)));
}

function refilter() {
  drawTools();
  timeline.layOut();
  consoles.build();
  events.build();
  draw();
}

function drawZoom() {
  const button = (text, label, action) => make("button", { type: "button", title: label, "aria-label": label, on: { click: action } }, text);
  byId("zoom").replaceChildren(
    button("−", "Zoom out (-)", () => zoom(1.6)), button("+", "Zoom in (+)", () => zoom(1 / 1.6)),
    button("Whole run", "Show the whole run (0)", fitAll),
    run.error ? button("Failure", "Go to the failure (f)", showFailure) : "",
    button("?", "Keys (?)", () => byId("help").showModal()));
}

// ---- pointers ----

function listenToChart() {
  const chart = byId("chart");
  const pointers = new Map();
  let press = null;
  chart.addEventListener("pointerdown", (event) => {
    pointers.set(event.pointerId, event.offsetX);
    chart.setPointerCapture(event.pointerId);
    press = { x: event.offsetX, from: state.from, to: state.to, moved: false,
      gap: pointers.size === 2 ? Math.abs([...pointers.values()].reduce((a, b) => a - b)) : 0 };
  });
  chart.addEventListener("pointermove", (event) => {
    if (pointers.has(event.pointerId)) pointers.set(event.pointerId, event.offsetX);
    if (!press) { hover(event); return; }
    hideTip();
    if (pointers.size === 2) {
      const [one, two] = [...pointers.values()];
      const middle = timeline.time((one + two) / 2);
      const gap = Math.max(10, Math.abs(one - two));
      zoom(press.gap / gap, middle);
      press.gap = gap;
      press.moved = true;
      return;
    }
    if (!press.moved && Math.abs(event.offsetX - press.x) < 4) return;
    press.moved = true;
    const perPixel = (press.to - press.from) / (timeline.width - timeline.gutter);
    const shift = (event.offsetX - press.x) * perPixel;
    setView(press.from - shift, press.to - shift);
  });
  const release = (event) => {
    pointers.delete(event.pointerId);
    if (event.type === "pointerup" && press && !press.moved) {
      const found = timeline.at(event.offsetX, event.offsetY);
      if (found.lane >= 0) state.lane = found.lane;
      const lane = timeline.lanes[found.lane];
      if (found.mark) select(found.mark, true);
      else if (event.offsetX > timeline.gutter) {
        if (lane && lane.machine && state.shownMachine >= 0 && lane.machine.console) consoles.show(lane.machine.index);
        setMoment(timeline.time(event.offsetX));
      }
    }
    if (!pointers.size) press = null;
  };
  chart.addEventListener("pointerup", release);
  chart.addEventListener("pointercancel", release);
  chart.addEventListener("pointerleave", () => { state.hover = null; hideTip(); draw(); });
  chart.addEventListener("dblclick", (event) => {
    const found = timeline.at(event.offsetX, event.offsetY);
    if (found.mark) zoomTo(found.mark); else zoom(1 / 2.5, timeline.time(event.offsetX));
  });
  const wheel = (event) => {
    const across = event.shiftKey ? event.deltaY || event.deltaX : event.deltaX;
    if (event.ctrlKey || event.metaKey) {
      event.preventDefault();
      zoom(Math.exp(Math.max(-60, Math.min(60, event.deltaY)) / 120), timeline.time(event.offsetX));
    } else if (event.shiftKey || Math.abs(event.deltaX) > Math.abs(event.deltaY)) {
      event.preventDefault();
      const shift = across / timeline.width * (state.to - state.from);
      setView(state.from + shift, state.to + shift);
    }
  };
  chart.addEventListener("wheel", wheel, { passive: false });
  byId("ruler").addEventListener("wheel", wheel, { passive: false });
  byId("lanes").addEventListener("scroll", draw, { passive: true });
  chart.addEventListener("focus", draw);
  chart.addEventListener("blur", draw);
  const ruler = byId("ruler");
  const scrub = (event) => {
    if (event.type === "pointerdown") ruler.setPointerCapture(event.pointerId);
    if (event.buttons) setMoment(Math.max(state.from, Math.min(state.to, timeline.time(event.offsetX))));
  };
  ruler.addEventListener("pointerdown", scrub);
  ruler.addEventListener("pointermove", scrub);
}

function zoomTo(mark) {
  const span = mark.end === null ? (state.to - state.from) / 4 : Math.max((mark.end - mark.start) * 1.4, shortest);
  const middle = mark.end === null ? mark.start : (mark.start + mark.end) / 2;
  setView(middle - span / 2, middle + span / 2);
}

function hover(event) {
  const inside = event.offsetX > timeline.gutter;
  state.hover = inside ? timeline.time(event.offsetX) : null;
  const found = timeline.at(event.offsetX, event.offsetY);
  const tip = byId("tip");
  let text = "";
  if (found.mark) {
    const { mark } = found;
    text = mark.title + (mark.end === null ? "" : mark.isOpen ? " · had not ended" : ` · ${length(mark.end - mark.start)}`)
      + ` · at ${mark.start.toFixed(3)} s`;
  } else if (found.bar) {
    const words = { boot: "QEMU and firmware", kernel: "kernel", init: "init until ready", up: "ready" };
    text = `${words[found.bar.phase]}, boot ${found.bar.number} · ${length(found.bar.end - found.bar.start)}`;
  } else if (inside) {
    text = `${clock(state.hover, state.to - state.from)} s`;
  }
  tip.hidden = !text;
  tip.textContent = text;
  const width = tip.offsetWidth;
  tip.style.left = `${Math.max(4, Math.min(innerWidth - width - 8, event.clientX + 14))}px`;
  tip.style.top = `${Math.min(innerHeight - tip.offsetHeight - 6, event.clientY + 16)}px`;
  draw();
}

function hideTip() { byId("tip").hidden = true; }

// ---- keys ----

function chartKey(event) {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  const span = state.to - state.from;
  const step = (direction) => {
    const lane = timeline.lanes[state.lane];
    const all = lane.rows.flat().sort((a, b) => a.start - b.start || a.index - b.index);
    if (!all.length) return;
    const at = all.indexOf(state.selected);
    const near = firstIndex(all.length, (index) => all[index].start > state.moment);
    const next = at >= 0 ? at + direction : direction > 0 ? near : near - 1;
    select(all[Math.max(0, Math.min(all.length - 1, next))]);
  };
  const move = (direction) => {
    state.lane = Math.max(0, Math.min(timeline.lanes.length - 1, state.lane + direction));
    const lane = timeline.lanes[state.lane];
    const frame = byId("lanes");
    if (lane.top < frame.scrollTop) frame.scrollTop = lane.top;
    if (lane.top + lane.height > frame.scrollTop + frame.clientHeight) frame.scrollTop = lane.top + lane.height - frame.clientHeight;
    if (lane.machine && lane.machine.console && state.shownMachine >= 0) consoles.show(lane.machine.index);
    byId("chart").setAttribute("aria-description", `lane ${lane.name}`);
    draw();
  };
  const shift = (part) => setView(state.from + span * part, state.to + span * part);
  const actions = {
    ArrowRight: () => event.shiftKey ? shift(0.15) : step(1),
    ArrowLeft: () => event.shiftKey ? shift(-0.15) : step(-1),
    ArrowDown: () => move(1), ArrowUp: () => move(-1),
    "+": () => zoom(1 / 1.6), "=": () => zoom(1 / 1.6), "-": () => zoom(1.6), "0": fitAll,
    Home: () => setMoment(0), End: () => setMoment(duration),
    Enter: () => { if (state.selected) zoomTo(state.selected); },
    Escape: () => select(null),
  };
  const action = actions[event.key];
  if (!action) return;
  event.preventDefault();
  action();
}

function pageKey(event) {
  if (event.ctrlKey || event.metaKey || event.altKey || byId("help").open) return;
  if (event.target.closest("input")) return;
  const actions = {
    f: () => { if (run.error) showFailure(); }, t: () => byId("chart").focus(), c: () => byId("log").focus(),
    e: () => byId("list").focus(), "/": () => byId("find").focus(), "?": () => byId("help").showModal(),
    n: () => consoles.step(1), N: () => consoles.step(-1),
  };
  const action = actions[event.key];
  if (!action) return;
  event.preventDefault();
  action();
}

function drawHelp() {
  const keys = [
    ["t  e  c", "to the timeline, the events, the console"], ["f", "to the failure"],
    ["← →", "in the timeline: the event before, the next"], ["↑ ↓", "another lane; in the events: another event"],
    ["Shift ← →", "move the timeline"], ["+  −  0", "zoom in, out, the whole run"], ["Enter", "zoom to the event"],
    ["Esc", "choose nothing"], ["/  n  N", "find in the console, the next, the one before"],
    ["Ctrl wheel", "zoom; with Shift: move"], ["Alt click", "on a filter: show it alone"],
  ];
  byId("help").replaceChildren(make("h2", {}, "Keys"), make("dl", {}, keys.map(([key, words]) =>
    [make("dt", {}, make("kbd", {}, key)), make("dd", {}, words)]).flat()),
  make("form", { method: "dialog" }, make("button", { autofocus: true }, "Close")));
  byId("help").querySelector("button").addEventListener("click", (event) => {
    event.preventDefault();
    byId("help").close();
  });
}

// ---- the address holds the view, so that a link can be sent ----

let remembering = 0;
function remember() {
  clearTimeout(remembering);
  remembering = setTimeout(() => {
    const parts = [`t=${state.moment.toFixed(3)}`, `from=${state.from.toFixed(3)}`, `to=${state.to.toFixed(3)}`];
    try { history.replaceState(null, "", `#${parts.join("&")}`); } catch { /* not allowed from this origin */ }
  }, 400);
}

function recall() {
  const found = new URLSearchParams(location.hash.slice(1));
  const number = (name) => found.has(name) && Number.isFinite(Number(found.get(name))) ? Number(found.get(name)) : null;
  if (number("from") !== null && number("to") !== null) setView(number("from"), number("to"));
  if (number("t") !== null) setMoment(number("t"));
}

// ---- start ----

function whenSized() {
  timeline.resize();
  overview.resize();
  consoles.scroller.draw();
  events.scroller.draw();
  draw();
}

function start() {
  timeline.readColours();
  drawHead();
  drawFailure();
  drawNotices();
  drawTools();
  drawZoom();
  drawHelp();
  timeline.layOut();
  overview.resize();
  fitAll();
  consoles.start();
  events.start();
  events.describe();
  drawSource();
  drawBoots();
  drawCommands();
  drawFiles();
  timeline.resize();
  overview.resize();
  consoles.follow();
  if (failure) revealLane(failure);
  overview.listen();
  listenToChart();
  byId("chart").addEventListener("keydown", chartKey);
  document.addEventListener("keydown", pageKey);
  new ResizeObserver(whenSized).observe(byId("time"));
  for (const query of ["(prefers-color-scheme: dark)", "print"]) {
    matchMedia(query).addEventListener("change", () => { timeline.readColours(); draw(); });
  }
  addEventListener("beforeprint", () => {
    consoles.scroller.setWhole(true, Math.max(0, consoles.current));
    events.scroller.setWhole(true, Math.max(0, events.shown.indexOf(state.selected)));
    for (const part of document.querySelectorAll("#commands details")) part.open = true;
  });
  addEventListener("afterprint", () => {
    consoles.scroller.setWhole(false);
    events.scroller.setWhole(false);
  });
  recall();
  timeline.draw();
  overview.draw();
  requestAnimationFrame(() => {
    document.documentElement.dataset.ready = String(Math.round(performance.now()));
  });
}

start();
