// A list of rows of one height, of which only those exist that are seen.
class Scroller {
  constructor(frame, height, makeRow) {
    this.frame = frame;
    this.height = height;
    this.makeRow = makeRow;
    this.count = 0;
    this.isWhole = false;
    this.window = make("div", { class: "window", role: "presentation" });
    this.spacer = make("div", { class: "spacer", role: "presentation" }, this.window);
    frame.replaceChildren(this.spacer);
    frame.addEventListener("scroll", () => this.draw(), { passive: true });
  }

  setCount(count) {
    this.count = count;
    this.spacer.style.height = `${count * this.height}px`;
    this.draw();
  }

  /// Without a height of its own, as on paper, rows around the one in the middle are there.
  get range() {
    if (this.isWhole) return [Math.max(0, this.middle - 150), Math.min(this.count, this.middle + 150)];
    const first = Math.max(0, Math.floor(this.frame.scrollTop / this.height) - 10);
    const shown = Math.ceil(this.frame.clientHeight / this.height) + 20;
    return [first, Math.min(this.count, first + shown)];
  }

  draw() {
    const [first, end] = this.range;
    this.window.style.top = `${this.isWhole ? 0 : first * this.height}px`;
    const rows = [];
    for (let index = first; index < end; index += 1) rows.push(this.makeRow(index));
    this.window.replaceChildren(...rows);
  }

  /// The row that stands for where one has scrolled to: the first at the beginning, the last at the end.
  get anchor() {
    const total = this.count * this.height;
    const room = total - this.frame.clientHeight;
    if (room <= 0) return null;
    const y = this.frame.scrollTop * total / room;
    return Math.max(0, Math.min(this.count - 1, Math.floor(y / this.height)));
  }

  scrollToAnchor(index) {
    const total = this.count * this.height;
    const room = Math.max(0, total - this.frame.clientHeight);
    this.frame.scrollTop = Math.round((index + 0.5) * this.height * room / Math.max(1, total));
  }

  reveal(index) {
    const y = index * this.height;
    const { scrollTop, clientHeight } = this.frame;
    if (y < scrollTop + this.height) this.frame.scrollTop = y - this.height * 2;
    else if (y > scrollTop + clientHeight - this.height * 2) {
      this.frame.scrollTop = y - clientHeight + this.height * 3;
    }
  }

  setWhole(isWhole, middle) {
    this.isWhole = isWhole;
    this.middle = middle;
    this.draw();
  }
}
