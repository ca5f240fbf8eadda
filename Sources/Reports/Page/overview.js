// The whole run in a strip, with the part that the chart shows.
const overview = {
  drag: null,

  resize() {
    this.width = byId("time").clientWidth;
    this.context = fit(byId("overview"), this.width, 46);
  },

  x(time) { return timeline.gutter + time / duration * (this.width - timeline.gutter); },
  time(x) {
    const time = (x - timeline.gutter) / (this.width - timeline.gutter) * duration;
    return Math.max(0, Math.min(duration, time));
  },

  draw() {
    const { context } = this;
    const { colours } = timeline;
    context.clearRect(0, 0, this.width, 46);
    context.fillStyle = colours.soft;
    context.fillRect(timeline.gutter, 0, this.width - timeline.gutter, 46);
    const shown = machines.filter((machine) => !state.hiddenMachines.has(machine.index));
    const height = Math.min(7, 34 / Math.max(1, shown.length));
    shown.forEach((machine, index) => {
      const y = 6 + index * height;
      for (const bar of bootBars(machine)) {
        context.fillStyle = colours[bar.phase];
        const x = this.x(bar.start);
        context.fillRect(x, y, Math.max(1, this.x(bar.end) - x), Math.max(0.6, height - 1.5));
      }
    });
    for (const mark of marks) {
      if (!mark.isBad && mark.kind !== "network") continue;
      if (!isShown(mark)) continue;
      context.fillStyle = mark.isBad ? colours.bad : colours.network;
      context.fillRect(this.x(mark.start), 40, Math.max(1.5, mark.end === null ? 0 : this.x(mark.end) - this.x(mark.start)), 4);
    }
    if (failureTime !== null) {
      context.fillStyle = colours.bad;
      context.fillRect(this.x(failureTime) - 1, 0, 2, 46);
    }
    const [left, right] = [this.x(state.from), this.x(state.to)];
    context.fillStyle = colours.panel;
    context.globalAlpha = 0.65;
    context.fillRect(timeline.gutter, 0, left - timeline.gutter, 46);
    context.fillRect(right, 0, this.width - right, 46);
    context.globalAlpha = 1;
    context.strokeStyle = colours.accent;
    context.lineWidth = 2;
    context.strokeRect(left + 1, 1, Math.max(2, right - left - 2), 44);
    context.fillStyle = colours.accent;
    context.fillRect(this.x(state.moment) - 0.5, 0, 1.5, 46);
    context.fillStyle = colours.dim;
    context.font = timeline.font;
    context.textBaseline = "middle";
    context.fillText("whole run", 8, 16);
    context.fillText(length(duration), 8, 31);
  },

  listen() {
    const canvas = byId("overview");
    canvas.addEventListener("pointerdown", (event) => {
      canvas.setPointerCapture(event.pointerId);
      const time = this.time(event.offsetX);
      const isWhole = state.from <= 0 && state.to >= duration;
      const isInside = !isWhole && time >= state.from && time <= state.to;
      this.drag = { x: event.offsetX, time, from: state.from, to: state.to, isInside };
    });
    canvas.addEventListener("pointermove", (event) => {
      if (!this.drag || Math.abs(event.offsetX - this.drag.x) < 3) return;
      const time = this.time(event.offsetX);
      if (this.drag.isInside) {
        const moved = time - this.drag.time;
        setView(this.drag.from + moved, this.drag.to + moved);
      } else {
        setView(Math.min(time, this.drag.time), Math.max(time, this.drag.time));
      }
      this.drag.moved = true;
    });
    canvas.addEventListener("pointerup", () => {
      if (this.drag && !this.drag.moved) setMoment(this.drag.time);
      this.drag = null;
    });
    canvas.addEventListener("pointercancel", () => { this.drag = null; });
  },
};
