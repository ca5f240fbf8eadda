#!/usr/bin/env python3
"""report_page.py STATUS REPORT…: opens reports in Chromium and uses them as a person would. STATUS is what the
headline must say. Prints what is wrong, and exits with 1 then."""

import os
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
sys.dont_write_bytecode = True
from browser import Browser  # noqa: E402

wrong = []


def check(holds, what):
    if not holds:
        wrong.append(what)


def place(browser, name):
    return browser.value(f"(() => {{ const r = document.querySelector('{name}').getBoundingClientRect();"
                         " return [r.left, r.top, r.width, r.height]; })()")


def use(browser, path, status):
    ready, _ = browser.open(path)
    print(f"{path}: drawn after {ready} ms, {os.path.getsize(path)} bytes")
    said = browser.value("document.querySelector('.status').textContent")
    check(said == status, f"the headline says '{said}'")
    check(browser.value("document.title").startswith(status), "the title does not say how it ended")
    check(browser.value("document.documentElement.scrollWidth <= innerWidth"), "it is wider than the window")
    # Guests' text is text: these are all the elements that a line is made of.
    check(browser.value("[...document.querySelectorAll('#log *')].every("
                        "(e) => /^(DIV|TIME|SPAN|MARK|A)$/.test(e.tagName))"), "a console's text became elements")
    check(browser.value("typeof hacked") == "undefined", "a console's text was run")
    failed = browser.value("run.error ? document.querySelectorAll('#failure .failed').length : -1")
    check(failed in (1, -1), "the failed line is not marked")

    # A click on the timeline is a moment, and the console goes there.
    left, top, width, height = place(browser, "#chart")
    gutter = browser.value("timeline.gutter")
    browser.value("fitAll(), select(null), 1")
    browser.click(left + gutter + (width - gutter) * 0.5, top + height - 3)
    moment = browser.value("state.moment")
    check(abs(moment / browser.value("duration") - 0.5) < 0.05, f"a click in the middle is moment {moment}")
    if browser.value("consoles.items.length > 1 && consoles.isTimed"):
        check(browser.value("(consoles.time(consoles.current) ?? 0) <= state.moment"
                            " && (consoles.current + 1 >= consoles.items.length"
                            " || consoles.time(consoles.current + 1) > state.moment)"),
              "the console is not at the moment of the timeline")
        check(browser.value("document.querySelectorAll('#log .row.now').length") == 1, "no line is marked as now")
        if browser.value("byId('log').scrollHeight > byId('log').clientHeight"):
            browser.value("(byId('log').scrollTop = 0, 1)")
            browser.frames()
            check(browser.value("state.moment === consoles.time(0)"), "the timeline did not follow the console")
        check(browser.value("byId('log').querySelectorAll('.row').length") < 200, "the console is not virtual")
    # Dragging moves, zooming zooms, and both end somewhere.
    browser.value("zoom(0.25, duration / 2), 1")
    before = browser.value("state.from")
    browser.drag((left + width * 0.6, top + 20), (left + width * 0.8, top + 20))
    check(browser.value("state.from") < before, "dragging to the right does not show what was earlier")
    browser.value("zoom(1e-12, duration / 2), zoom(1e12), setView(-1e9, 1e9), 1")
    check(browser.value("state.to - state.from <= duration * 1.05"), "one can zoom out of the run")
    # By the keyboard alone.
    browser.value("(fitAll(), byId('chart').focus(), 1)")
    browser.key("Home")
    browser.value("(state.lane = timeline.lanes.findIndex((lane) => lane.rows.flat().length > 1), 1)")
    for _ in range(2):
        browser.key("ArrowRight")
    check(browser.value("state.selected !== null"), "the arrow keys choose no event")
    check(browser.value("byId('picked').textContent.includes(state.selected.title)"), "the chosen event is not told")
    browser.key("+", "+")
    check(browser.value("state.to - state.from < duration * 0.9"), "+ does not zoom")
    browser.key("?", "?")
    check(browser.value("byId('help').open"), "? shows no keys")
    browser.value("(byId('help').close(), 1)")
    browser.value("(byId('list').focus(), 1)")
    browser.key("End")
    browser.key("ArrowUp")
    check(browser.value("events.shown.indexOf(state.selected) === Math.max(0, events.shown.length - 2)"),
          "the arrow keys do not go through the events")
    check(browser.value("document.querySelectorAll('#list [aria-selected=\"true\"]').length") == 1,
          "the chosen event is not to be seen in the list")
    # Filters.
    lanes = browser.value("timeline.lanes.length")
    if browser.value("machines.length"):
        browser.value("(document.querySelector('#machine-chips button').click(), 1)")
        browser.frames()
        check(browser.value("timeline.lanes.length") == lanes - 1, "a hidden machine keeps its lane")
        check(browser.value("events.shown.every((mark) => mark.machine !== 0)"), "a hidden machine keeps its events")
        browser.value("(document.querySelector('#machine-chips button').click(), 1)")
    # Dark and light, wide and narrow, on paper.
    browser.look("dark")
    dark = browser.value("getComputedStyle(document.body).backgroundColor + timeline.colours.panel")
    browser.look("light", 400, 900)
    light = browser.value("getComputedStyle(document.body).backgroundColor + timeline.colours.panel")
    check(dark != light, "dark and light are the same")
    check(browser.value("document.documentElement.scrollWidth <= 400"), "it is wider than a narrow window")
    check(browser.value("timeline.width <= 400 && timeline.width > 200"), "the timeline is not as narrow as its window")
    browser.look("light")
    browser.value("(dispatchEvent(new Event('beforeprint')), 1)")
    check(browser.value("consoles.items.length === 0 || document.querySelectorAll('#log .row').length > 0"),
          "on paper there is no console")
    browser.value("(dispatchEvent(new Event('afterprint')), 1)")
    for complaint in browser.complaints():
        check(False, complaint)
    browser.events.clear()


def main():
    browser = Browser()
    try:
        for path in sys.argv[2:]:
            before = len(wrong)
            use(browser, path, sys.argv[1])
            wrong[before:] = [f"{path}: {what}" for what in wrong[before:]]
    finally:
        browser.close()
    for what in wrong:
        print(what)
    sys.exit(1 if wrong else 0)


main()
