// The lanes, drawn on a canvas that is as large as what is seen of them.
const timeline = {
  lanes: [], colours: {}, width: 0, gutter: 0,

  readColours() {
    const style = getComputedStyle(document.documentElement);
    for (const name of ["panel", "edge", "soft", "text", "dim", "accent", "bad", "boot", "kernel", "init",
      "up", "step", "wait", "command", "network", "qmp", "process", "task", "note", "flow", "grid", "ink"]) {
      this.colours[name] = style.getPropertyValue(`--${name}`).trim();
    }
    this.font = `11px ${style.getPropertyValue("--sans")}`;
  },

  layOut() {
    this.lanes = buildLanes();
    const last = this.lanes[this.lanes.length - 1];
    const height = last.top + last.height;
    byId("rows").style.height = `${height}px`;
    byId("labels").replaceChildren(...this.lanes.map((lane) => {
      const label = make("div", { class: lane.machine ? lane.machine.colour : null },
        make("b", { title: lane.name }, lane.name), make("small", {}, laneNote(lane)));
      label.style.top = `${lane.top}px`;
      label.style.height = `${lane.height}px`;
      return label;
    }));
    state.lane = Math.min(state.lane, this.lanes.length - 1);
    this.resize();
  },

  resize() {
    const frame = byId("lanes");
    this.gutter = byId("time").clientWidth < 560 ? 78 : 124;
    document.documentElement.style.setProperty("--gutter", `${this.gutter}px`);
    this.width = frame.clientWidth;
    this.height = Math.min(frame.clientHeight || 1, byId("rows").clientHeight);
    this.context = fit(byId("chart"), this.width, this.height);
    this.ruler = fit(byId("ruler"), this.width, 26);
  },

  x(time) {
    return this.gutter + (time - state.from) / (state.to - state.from) * (this.width - this.gutter);
  },
  time(x) {
    return state.from + (x - this.gutter) / (this.width - this.gutter) * (state.to - state.from);
  },

  draw() {
    const { context, colours } = this;
    const scroll = byId("lanes").scrollTop;
    context.clearRect(0, 0, this.width, this.height);
    context.font = this.font;
    context.textBaseline = "middle";
    this.drawTicks();
    context.save();
    context.beginPath();
    context.rect(this.gutter, 0, this.width - this.gutter, this.height);
    context.clip();
    for (const lane of this.lanes) {
      const top = lane.top - scroll;
      if (top + lane.height < 0 || top > this.height) continue;
      this.drawLane(lane, top);
    }
    context.restore();
    context.fillStyle = colours.edge;
    for (const lane of this.lanes) context.fillRect(0, lane.top + lane.height - scroll - 1, this.width, 1);
    if (document.activeElement === byId("chart") && this.lanes[state.lane]) {
      const lane = this.lanes[state.lane];
      context.fillStyle = colours.accent;
      context.fillRect(0, lane.top - scroll, 3, lane.height - 1);
    }
    if (failureTime !== null) this.drawLine(failureTime, colours.bad, [4, 3]);
    if (state.hover !== null) this.drawLine(state.hover, colours.dim, [2, 3]);
    this.drawLine(state.moment, colours.accent, []);
  },

  drawTicks() {
    const { context, ruler, colours } = this;
    ruler.clearRect(0, 0, this.width, 26);
    ruler.font = this.font;
    ruler.textBaseline = "middle";
    const span = state.to - state.from;
    const step = niceStep(span / Math.max(2, (this.width - this.gutter) / 90));
    for (let time = Math.ceil(state.from / step) * step; time <= state.to + step / 1e6; time += step) {
      const x = Math.round(this.x(time));
      context.fillStyle = colours.grid;
      context.fillRect(x, 0, 1, this.height);
      ruler.fillStyle = colours.edge;
      ruler.fillRect(x, 18, 1, 8);
      ruler.fillStyle = colours.dim;
      ruler.textAlign = x > this.width - 24 ? "right" : x < this.gutter + 16 ? "left" : "center";
      ruler.fillText(tickText(time, step), ruler.textAlign === "left" ? Math.max(x, this.gutter) + 2 : x, 11);
    }
    const x = this.x(state.moment);
    if (x >= this.gutter - 1 && x <= this.width + 1) {
      const text = `${clock(state.moment, span)} s`;
      const half = ruler.measureText(text).width / 2 + 6;
      const middle = Math.min(this.width - half, Math.max(this.gutter + half, x));
      ruler.fillStyle = colours.accent;
      ruler.beginPath();
      ruler.roundRect(middle - half, 2, half * 2, 18, 4);
      ruler.fill();
      ruler.fillStyle = colours.panel;
      ruler.textAlign = "center";
      ruler.fillText(text, middle, 11.5);
    }
    ruler.textAlign = "left";
    ruler.fillStyle = colours.panel;
    ruler.fillRect(0, 0, this.gutter, 26);
    ruler.fillStyle = colours.dim;
    ruler.fillText("seconds", 8, 12);
  },

  drawLine(time, colour, dash) {
    const x = Math.round(this.x(time)) + 0.5;
    if (x < this.gutter - 1 || x > this.width + 1) return;
    const { context } = this;
    context.strokeStyle = colour;
    context.lineWidth = 1.5;
    context.setLineDash(dash);
    context.beginPath();
    context.moveTo(x, 0);
    context.lineTo(x, this.height);
    context.stroke();
    context.setLineDash([]);
  },

  drawLane(lane, top) {
    const { context, colours } = this;
    let y = top + laneEdge;
    if (lane.bars) {
      for (const bar of lane.bars) {
        const x = this.x(bar.start);
        const width = Math.max(1, this.x(bar.end) - x);
        if (x > this.width || x + width < this.gutter) continue;
        context.fillStyle = colours[bar.phase];
        context.fillRect(x, y, width, rowHeight - 3);
        this.drawText({ boot: "QEMU", kernel: "kernel", init: "init", up: "ready" }[bar.phase], x, width, y, colours.ink);
      }
      y += rowHeight;
    }
    for (const row of lane.rows) {
      this.drawRow(row, y);
      y += rowHeight;
    }
    if (lane.density && lane.density.length) this.drawDensity(lane.density, y);
  },

  drawRow(row, y) {
    const { context, colours } = this;
    let lastX = -10;
    let lastColour = "";
    for (const mark of row) {
      const x = this.x(mark.start);
      if (x > this.width + 8) break;
      const colour = mark.isBad || mark.isFailure ? colours.bad : colours[mark.kind] || colours.note;
      if (mark.end === null) {
        if (x < this.gutter - 8 || (x - lastX < 1 && colour === lastColour && mark !== state.selected)) continue;
        context.fillStyle = colour;
        this.drawPoint(mark, x, y);
      } else {
        const width = Math.max(1.5, this.x(mark.end) - x);
        if (x + width < this.gutter) continue;
        if (width < 2 && x - lastX < 1 && colour === lastColour && mark !== state.selected) continue;
        const left = Math.max(x, this.gutter - 4);
        // A line's breadth less, so that one can be told from the next.
        const shown = Math.min(x + width - (width > 4 ? 1 : 0), this.width + 4) - left;
        context.fillStyle = colour;
        if (mark.isOpen) context.globalAlpha = 0.75;
        // A wait lies in its task's bar.
        const inset = mark.isInside ? 2 : 0;
        context.fillRect(left, y + inset, shown, rowHeight - 3 - 2 * inset);
        context.globalAlpha = 1;
        const ink = mark.kind === "task" ? colours.text : colour === colours.bad ? colours.panel : colours.ink;
        if (!mark.isAround) this.drawText(mark.title, left, shown, y, ink);
      }
      if (mark === state.selected) {
        context.strokeStyle = colours.text;
        context.lineWidth = 2;
        const width = mark.end === null ? 0 : Math.max(2, this.x(mark.end) - x);
        context.strokeRect(x - (width ? 0 : 7), y - 1, width || 14, rowHeight - 1);
      }
      lastX = x;
      lastColour = colour;
    }
  },

  /// A diamond for what changes the machine's life, a line for what QEMU says.
  drawPoint(mark, x, y) {
    const { context } = this;
    const middle = y + (rowHeight - 3) / 2;
    if (mark.kind === "qmp") {
      context.fillRect(x - 1, y + 1, 2, rowHeight - 5);
      return;
    }
    context.beginPath();
    context.moveTo(x, middle - 5);
    context.lineTo(x + 5, middle);
    context.lineTo(x, middle + 5);
    context.lineTo(x - 5, middle);
    context.fill();
  },

  drawText(text, x, width, y, colour) {
    const room = Math.floor((width - 8) / 5.9);
    if (room < 3) return;
    this.context.fillStyle = colour;
    this.context.fillText(
      text.length > room ? `${text.slice(0, room - 1)}…` : text, x + 4, y + rowHeight / 2 - 1);
  },

  drawDensity(density, y) {
    const { context, colours } = this;
    const most = Math.max(1, ...density);
    context.fillStyle = colours.flow;
    const part = duration / density.length;
    density.forEach((bytes, index) => {
      if (!bytes) return;
      const x = this.x(index * part);
      const width = Math.max(1, this.x((index + 1) * part) - x);
      if (x > this.width || x + width < this.gutter) return;
      const height = Math.max(1.5, Math.log(1 + bytes) / Math.log(1 + most) * (rowHeight - 3));
      context.fillRect(x, y + rowHeight - 3 - height, width, height);
    });
  },

  /// What is at a point of the chart.
  at(x, y) {
    const place = y + byId("lanes").scrollTop;
    const number = this.lanes.findIndex((lane) => place >= lane.top && place < lane.top + lane.height);
    const lane = this.lanes[number];
    if (!lane || x < this.gutter) return { lane: number };
    let row = Math.floor((place - lane.top - laneEdge) / rowHeight);
    if (lane.bars) {
      if (row === 0) {
        const time = this.time(x);
        return { lane: number, bar: lane.bars.find((bar) => time >= bar.start && time <= bar.end) };
      }
      row -= 1;
    }
    let best = null;
    let distance = 7;
    for (const mark of lane.rows[row] || []) {
      const start = this.x(mark.start);
      const end = mark.end === null ? start : this.x(mark.end);
      const away = x < start ? start - x : x > end ? x - end : 0;
      if (away < distance || (away === 0 && distance === 0)) { best = mark; distance = away; }
    }
    return { lane: number, mark: best, density: row >= lane.rows.length };
  },
};

function fit(canvas, width, height) {
  const scale = window.devicePixelRatio || 1;
  canvas.width = Math.max(1, Math.round(width * scale));
  canvas.height = Math.max(1, Math.round(height * scale));
  canvas.style.height = `${height}px`;
  const context = canvas.getContext("2d");
  context.setTransform(scale, 0, 0, scale, 0, 0);
  return context;
}

function niceStep(least) {
  const power = Math.pow(10, Math.floor(Math.log10(least)));
  return [1, 2, 5, 10].map((factor) => factor * power).find((step) => step >= least * 0.999);
}

function tickText(time, step) {
  const digits = Math.max(0, -Math.floor(Math.log10(step) + 1e-9));
  return time.toFixed(Math.min(6, digits));
}

function laneNote(lane) {
  if (!lane.machine) return "";
  const boots = lane.machine.boots;
  if (!boots.length) return "";
  const last = boots[boots.length - 1];
  const first = boots[0];
  const words = [];
  if (first.ready !== undefined) words.push(`ready in ${length(first.ready - first.launched)}`);
  if (boots.length > 1) words.push(`${boots.length} boots`);
  if (last.reason && !["killed", "poweroff"].includes(last.reason)) words.push(last.reason);
  return words.join(" · ");
}
