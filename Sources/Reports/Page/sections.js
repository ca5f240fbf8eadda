// What does not move: the headline, the error, boots, source, commands, files.
const statusWords = () => {
  if (!data.finished) return ["warn", "no end: still running, or killed"];
  if (run.skipped) return ["warn", "skipped"];
  const known = { 0: ["good", "passed"], 1: ["bad", "failed"], 2: ["bad", "does not parse"],
    3: ["bad", "the host lacks something"], 124: ["bad", "out of time"], 129: ["warn", "interrupted (SIGHUP)"],
    130: ["warn", "interrupted"], 143: ["warn", "interrupted (SIGTERM)"] };
  return known[run.status] || ["bad", `failed (status ${run.status})`];
};

function drawHead() {
  const [mood, words] = statusWords();
  const name = run.script || "stdin";
  document.title = `${words}: ${name.split("/").pop()} – vmscript`;
  const fact = (name, value) => value === undefined || value === null || value === "" ? null
    : make("div", {}, make("dt", {}, name), make("dd", {}, value));
  const words_ = ["vmscript", "run", "--seed", String(run.seed), name === "stdin" ? "-" : name, ...(run.arguments || [])];
  byId("head").replaceChildren(
    make("div", { class: "title" },
      make("span", { class: `status ${mood}` }, words), make("h1", {}, name),
      run.arguments && run.arguments.length ? make("code", { class: "dim" }, shell(run.arguments)) : null),
    make("dl", { class: "facts" },
      fact("took", length(data.duration)),
      fact("seed", run.seed === undefined ? null : make("code", {}, String(run.seed))),
      fact("began", run.time ? run.time.replace("T", " ").replace(/\.\d+Z$|Z$/, " UTC") : null),
      fact("machines", String(machines.filter((machine) => machine.kind !== "process").length)),
      fact("vmscript", run.version), fact("status", run.status === undefined ? null : String(run.status)),
      run.lag > 0.5 ? fact("the host ran late by", length(run.lag)) : null,
      fact("again", make("code", {}, shell(words_)))));
}

function drawFailure() {
  const panel = byId("failure");
  const error = run.error;
  if (!error && !run.skipped) return;
  panel.hidden = false;
  if (!error) {
    panel.replaceChildren(make("p", { class: "message" }, `Skipped: ${run.skipped}`));
    return;
  }
  const where = make("div", { class: "where" },
    error.kind ? make("span", { class: "tag bad" }, error.kind) : null,
    error.place ? make("span", {}, "at ", placeLink(error.place)) : null,
    error.machine ? make("span", {}, `machine ${error.machine}`) : null,
    Array.isArray(error.steps) && error.steps.length
      ? make("span", {}, `in step ${error.steps.join(" › ")}`) : null,
    make("button", { type: "button", on: { click: showFailure } }, "Show on the timeline"));
  panel.replaceChildren(make("p", { class: "message" }, error.message || "failed"), where, excerpt(error) || "");
}

/// The failed line among its neighbours, or alone if the script cannot be read any more.
function excerpt(error) {
  const source = data.sources.find((found) => found.failed !== undefined);
  if (source && source.text) {
    const lines = source.text.split("\n");
    const at = source.failed - source.first;
    const first = Math.max(0, at - 3);
    return make("div", { class: "code" }, lines.slice(first, at + 4).map((line, index) =>
      codeLine(line, source.first + first + index, source.first + first + index === source.failed)));
  }
  if (!error.source) return null;
  const number = error.place ? Number(error.place.split(":").pop()) : 0;
  return make("div", { class: "code" }, codeLine(error.source, number || "", true));
}

function codeLine(text, number, isFailed) {
  return make("div", { class: isFailed ? "line failed" : "line" },
    make("b", {}, String(number)), make("span", {}, text));
}

function placeLink(place) {
  const colon = place.lastIndexOf(":");
  const name = place.slice(0, colon);
  const source = data.sources.find((found) => found.name === name && found.text);
  if (!source) return make("code", {}, place);
  return make("a", { href: "#source", on: { click: (event) => {
    event.preventDefault();
    showSource(name, Number(place.slice(colon + 1)));
  } } }, make("code", {}, place));
}

function showSource(name, number) {
  for (const line of document.querySelectorAll("#source .shown")) line.classList.remove("shown");
  const box = document.querySelector(`#source [data-name="${CSS.escape(name)}"]`);
  const line = box && box.querySelector(`[data-line="${number}"]`);
  if (!line) return;
  line.classList.add("shown");
  line.scrollIntoView({ block: "center" });
}

function drawSource() {
  const panel = byId("source");
  const parts = [];
  for (const source of data.sources) {
    parts.push(make("h2", {}, source.name));
    if (source.changed) parts.push(make("p", { class: "notice" }, "This file has changed since the run."));
    if (!source.text) {
      parts.push(make("p", { class: "dim" }, `Not shown: ${source.reason || "it is empty"}.`));
      continue;
    }
    const box = make("div", { class: "code", "data-name": source.name, tabindex: 0, role: "region",
      "aria-label": `Source of ${source.name}` });
    source.text.replace(/\n$/, "").split("\n").forEach((text, index) => {
      const number = source.first + index;
      const line = codeLine(text, number, number === source.failed);
      line.dataset.line = number;
      box.append(line);
    });
    parts.push(box);
  }
  panel.replaceChildren(...(parts.length ? parts : [make("h2", {}, "Source"),
    make("p", { class: "dim" }, "The script came from standard input.")]));
  const failed = panel.querySelector(".failed");
  if (failed) failed.parentElement.scrollTop = failed.offsetTop - failed.parentElement.offsetTop - 120;
}

function drawBoots() {
  const rows = [];
  const longest = Math.max(0.001, ...machines.flatMap((machine) =>
    machine.boots.map((boot) => (boot.ready ?? boot.init ?? boot.kernel ?? boot.launched ?? 0) - (boot.launched ?? 0))));
  for (const machine of machines) {
    machine.boots.forEach((boot, index) => {
      const start = boot.launched ?? 0;
      const phase = (name) => make("td", {}, boot[name] === undefined ? "–" : length(boot[name] - start));
      const bar = make("div", { class: "phases" });
      const points = [["boot", boot.launched], ["kernel", boot.kernel], ["init", boot.init], ["up", boot.ready]]
        .filter((point) => point[1] !== undefined);
      points.slice(0, -1).forEach(([name, from], number) => {
        const part = make("span", { class: name });
        part.style.width = `${(points[number + 1][1] - from) / longest * 100}%`;
        bar.append(part);
      });
      rows.push(make("tr", {},
        make("td", { class: `who ${machine.colour}` }, machine.name),
        make("td", {}, String(index + 1)), make("td", {}, `${start.toFixed(3)} s`), phase("first_byte"), phase("kernel"),
        phase("init"), phase("ready"),
        make("td", { class: "left" }, boot.exited === undefined ? "–"
          : `${boot.reason || "exited"} at ${boot.exited.toFixed(3)} s`),
        make("td", { class: "wide" }, bar)));
    });
  }
  const panel = byId("boots");
  panel.hidden = !rows.length;
  const head = ["machine", "boot", "launched at", "first byte", "kernel", "init", "ready", "end", ""]
    .map((name, index) => make("th", { class: index === 7 ? "left" : index === 8 ? "wide" : null }, name));
  const legend = [["boot", "QEMU and firmware"], ["kernel", "kernel"], ["init", "init until ready"]]
    .map(([name, words]) => make("span", {}, make("i", { class: name }), words));
  const limit = 400;
  panel.replaceChildren(
    make("h2", {}, "Boot phases"), make("p", { class: "dim legend" }, "after the launch of QEMU", ...legend),
    make("table", {}, make("thead", {}, make("tr", {}, head)), make("tbody", {}, rows.slice(0, limit))),
    rows.length > limit ? make("p", { class: "dim" }, `and ${count(rows.length - limit)} more: see run.json`) : "");
}

function drawCommands() {
  const panel = byId("commands");
  panel.hidden = !data.processes.length;
  const parts = data.processes.map((process) => {
    const end = process.exited === undefined ? "did not end" : process.signal !== undefined ? `signal ${process.signal}`
      : `status ${process.code ?? "?"}`;
    const time = process.exited === undefined ? "" : `, ${length(process.exited - process.launched)}`;
    const machine = machines.find((found) => found.name === process.machine);
    return make("details", {},
      make("summary", {}, make("b", {}, process.name), machine ? " of " : "",
        machine ? make("span", { class: `who ${machine.colour}` }, machine.name) : "",
        make("span", { class: "dim" }, ` · process ${process.pid} · ${end}${time}`)),
      make("pre", {}, shell(process.command || [])));
  });
  for (const machine of machines) {
    if (!machine.shell) continue;
    parts.push(make("details", {},
      make("summary", {}, "To start a machine like ", make("span", { class: `who ${machine.colour}` }, machine.name),
        " without vmscript"),
      make("pre", {}, String(machine.shell))));
  }
  panel.replaceChildren(make("h2", {}, "Commands"), ...parts,
    data.processesLeftOut ? make("p", { class: "dim" },
      `and ${count(data.processesLeftOut)} more processes: see timeline.jsonl`) : "");
}

function drawFiles() {
  const item = (path, words) => make("li", {}, make("a", { href: link(path) }, path), words ? make("span", { class: "dim" }, ` ${words}`) : null);
  byId("files").replaceChildren(
    make("h2", {}, "Files"), make("code", { class: "dim" }, data.record),
    make("ul", {},
      item("timeline.jsonl", "all events"), data.finished ? item("run.json", "the run in short") : null,
      data.trace ? item("trace.json", "for ui.perfetto.dev") : null,
      machines.filter((m) => m.console).slice(0, 40)
        .map((m) => item(m.file, size(m.console.size)))));
}

function drawNotices() {
  const notices = [];
  const left = Object.entries(data.leftOut);
  if (left.length) {
    const names = left.map(([kind, number]) => `${count(number)} × ${kindNames[kind] || kind}`).join(", ");
    notices.push(`Events that were short and went well are left out (${names}; at most ${length(data.longestLeftOut)} each): timeline.jsonl has them all.`);
  }
  if (data.lost) notices.push(`${count(data.lost)} lines of the timeline could not be written: the disk was full or slow.`);
  if (data.cut) notices.push("The timeline ends in the middle of a line: the program was killed, or is still writing.");
  if (data.unknown) notices.push(`${count(data.unknown)} lines of the timeline are not understood and left out.`);
  byId("notices").replaceChildren(...notices.map((text) => make("p", { class: "notice" }, text)));
}
