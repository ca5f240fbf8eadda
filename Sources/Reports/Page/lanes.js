// Which mark is drawn in which lane and row.
const rowHeight = 15;
const laneEdge = 7;

/// Rows in which no two overlap; what finds no row shares the last.
function pack(found, limit) {
  const rows = [];
  const ends = [];
  for (const mark of found) {
    let row = ends.findIndex((end) => end <= mark.start);
    if (row < 0) row = rows.length < limit ? rows.length : limit - 1;
    if (row === rows.length) { rows.push([]); ends.push(0); }
    rows[row].push(mark);
    ends[row] = Math.max(ends[row], mark.end ?? mark.start + duration / 400);
  }
  return rows;
}

/// Phases of a machine's boots, as bars.
function bootBars(machine) {
  const bars = [];
  machine.boots.forEach((boot, number) => {
    const next = machine.boots[number + 1];
    const end = boot.exited ?? (next && next.launched) ?? duration;
    const points = [["boot", boot.launched], ["kernel", boot.kernel], ["init", boot.init], ["up", boot.ready]]
      .filter((point) => typeof point[1] === "number");
    points.forEach(([phase, start], index) => {
      const stop = index + 1 < points.length ? points[index + 1][1] : end;
      bars.push({ phase, start, end: Math.max(start, stop), number: number + 1 });
    });
  });
  return bars;
}

function buildLanes() {
  const lanes = [];
  const of = (test) => marks.filter((mark) => isShown(mark) && test(mark));
  const main = of((mark) => mark.kind === "step" || (mark.kind === "wait" && mark.details.task_id === undefined));
  const script = [
    ...pack(main.filter((mark) => mark.kind === "step"), 6),
    ...pack(main.filter((mark) => mark.kind === "wait"), 3),
  ];
  const known = new Set(["machine", "step", "wait", "command", "network", "qmp", "process", "task"]);
  const notes = of((mark) => mark.kind === "note" || !known.has(mark.kind));
  if (notes.length) script.push(...pack(notes, 2));
  lanes.push({ name: "script", rows: script });
  const tasks = of((mark) => mark.kind === "task");
  const inTasks = of((mark) => mark.kind === "wait" && mark.details.task_id !== undefined);
  if (tasks.length || inTasks.length) lanes.push({ name: "tasks", rows: taskRows(tasks, inTasks) });
  const networks = of((mark) => mark.kind === "network");
  if (networks.length) lanes.push({ name: "networks", rows: pack(networks, 6) });
  const processes = of((mark) => mark.kind === "process" && mark.machine < 0);
  if (processes.length) lanes.push({ name: "processes", rows: pack(processes, 6) });
  for (const machine of machines) {
    if (state.hiddenMachines.has(machine.index)) continue;
    const own = (kind) => of((mark) => mark.machine === machine.index && mark.kind === kind);
    const rows = pack(machine.kind === "process" ? own("process") : own("command"), 5);
    const points = own("machine").concat(own("qmp")).sort((a, b) => a.start - b.start);
    if (points.length) rows.push(points);
    const bars = state.hiddenKinds.has("machine") || !machine.boots.length ? null : bootBars(machine);
    lanes.push({ name: machine.name, machine, bars, rows, density: machine.console && machine.console.density });
  }
  let top = 0;
  for (const lane of lanes) {
    lane.top = top;
    const extra = (lane.bars ? 1 : 0) + (lane.density && lane.density.length ? 1 : 0);
    lane.height = Math.max(2, lane.rows.length + extra) * rowHeight + laneEdge * 2;
    top += lane.height;
  }
  return lanes;
}

/// A task's waits are in its row.
function taskRows(tasks, waits) {
  const rows = pack(tasks, 10);
  const row = new Map();
  rows.forEach((found, number) => {
    for (const task of found) row.set(task.details.task_id, number);
  });
  const waiting = new Set(waits.map((wait) => wait.details.task_id));
  for (const task of tasks) task.isAround = waiting.has(task.details.task_id);
  for (const wait of waits) {
    wait.isInside = true;
    let number = row.get(wait.details.task_id);
    if (number === undefined) {
      if (rows.length === 0) rows.push([]);
      number = 0;
    }
    rows[number].push(wait);
  }
  for (const found of rows) found.sort((a, b) => a.start - b.start || (a.kind === "task" ? -1 : 1));
  return rows;
}
