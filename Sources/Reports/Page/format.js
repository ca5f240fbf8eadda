"use strict";

// What comes from guests is only ever put into the page by these: as text, never as HTML.
function make(tag, attributes, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes || {})) {
    if (value === undefined || value === null || value === false) continue;
    if (name === "on") {
      for (const [event, action] of Object.entries(value)) element.addEventListener(event, action);
    } else {
      element.setAttribute(name, value === true ? "" : String(value));
    }
  }
  for (const child of children.flat()) {
    if (child !== null && child !== undefined && child !== false) element.append(child);
  }
  return element;
}

const byId = (id) => document.getElementById(id);

/// Seconds since the run began, as exact as a span of that length deserves.
function clock(seconds, span) {
  const digits = span === undefined || span < 20 ? 3 : span < 200 ? 2 : 1;
  return seconds.toFixed(digits);
}

function length(seconds) {
  if (seconds < 0.0995) return `${(seconds * 1000).toFixed(seconds < 0.00995 ? 1 : 0)} ms`;
  if (seconds < 9.95) return `${seconds.toFixed(2)} s`;
  if (seconds < 120) return `${seconds.toFixed(1)} s`;
  const whole = Math.round(seconds);
  const hours = Math.floor(whole / 3600);
  const minutes = Math.floor(whole / 60) % 60;
  return `${hours ? `${hours} h ` : ""}${minutes} min ${whole % 60} s`;
}

function size(bytes) {
  if (bytes < 1000) return `${bytes} bytes`;
  const units = ["kB", "MB", "GB", "TB"];
  let value = bytes / 1000;
  let unit = 0;
  while (value >= 999.5 && unit < 3) { value /= 1000; unit += 1; }
  return `${value < 9.95 ? value.toFixed(1) : Math.round(value)} ${units[unit]}`;
}

const count = (number) => number.toLocaleString("en");

/// As a POSIX shell reads it.
function shell(words) {
  if (!Array.isArray(words)) return String(words);
  return words.map((word) => {
    const text = typeof word === "string" ? word : JSON.stringify(word);
    return /^[A-Za-z0-9_\/.,:=@%+-]+$/.test(text) ? text : `'${text.replace(/'/g, "'\\''")}'`;
  }).join(" ");
}

const link = (path) => path.split("/").map(encodeURIComponent).join("/");

/// Where in a sorted list the first item stands for which the test holds.
function firstIndex(length, test) {
  let low = 0;
  let high = length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (test(middle)) high = middle; else low = middle + 1;
  }
  return low;
}
