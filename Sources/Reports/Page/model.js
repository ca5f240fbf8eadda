// The data of the page, in the form in which the rest uses them.
const data = JSON.parse(byId("data").textContent);
const run = data.run;
const duration = Math.max(data.duration, 0.001);

const kindNames = {
  machine: "machine", step: "step", wait: "wait", command: "command", network: "network", qmp: "QMP",
  process: "process", task: "task", note: "note",
};

const marks = data.marks.map(([kind, machine, start, end, title, flags, details], index) => ({
  index, kind: data.kinds[kind], machine, start, end: flags & 2 ? duration : end, title,
  isBad: (flags & 1) !== 0, isOpen: (flags & 2) !== 0, details: details || {}, isFailure: false,
}));

/// A console's lines with their times, and where lines are left out.
function readConsole(machine) {
  const found = machine.console;
  if (!found) return null;
  const texts = found.count === 0 ? [] : found.text.split("\n");
  let times = null;
  if (found.times) {
    times = new Float64Array(texts.length);
    let sum = 0;
    for (let index = 0; index < texts.length; index += 1) {
      sum += found.times[index] || 0;
      times[index] = sum / 1000;
    }
  }
  return { texts, times, gaps: new Map(found.gaps || []), size: found.size, density: found.density || [] };
}

const machines = data.machines.map((machine, index) => ({
  index, name: machine.name, kind: machine.kind, folder: machine.folder, command: machine.command,
  shell: machine.shell, boots: machine.boots, console: readConsole(machine), colour: `m${index % 8}`,
  log: link(`${machine.folder}/${machine.file}`), file: `${machine.folder}/${machine.file}`,
}));

const failedPlace = run.error && run.error.place;

/// The mark that failed the script: the last at the failed line, or the last that went wrong.
const failure = (() => {
  if (!run.error) return null;
  let found = null;
  for (const mark of marks) {
    if (failedPlace && mark.details.place === failedPlace && mark.kind === "wait") found = mark;
  }
  if (found) found.isFailure = true;
  return found;
})();
const failureTime = run.error ? (failure ? failure.end ?? failure.start : duration) : null;

const state = {
  from: 0, to: duration, moment: run.error ? failureTime : 0, hover: null,
  selected: failure, hiddenMachines: new Set(), hiddenKinds: new Set(),
  shownMachine: -1, lane: 0,
};

const isShown = (mark) =>
  !state.hiddenKinds.has(mark.kind) && !(mark.machine >= 0 && state.hiddenMachines.has(mark.machine));
