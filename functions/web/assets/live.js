/**
 * @file Follows a search while its page is in sight: what was reported so far comes condensed, the rest as it happens.
 * Charts are drawn at most twice a second, and only those that somebody may be looking at.
 */
import { refresh } from './parts.js';
import { Run } from './run.js';

const page = /** @type {HTMLElement} */ (document.querySelector('[data-events]'));
const status = /** @type {HTMLElement} */ (document.getElementById('connection'));
const drawEveryMs = 500;
const comeBackMs = 5000;
const finalStates = ['succeeded', 'failed', 'cancelled', 'stopped'];

/** @type {Run} */
let run;
/** @type {EventSource | undefined} */
let events;
let comeBack = 0;
let after = -1;
let hasEnded = false;
let drawnAt = 0;
let isDue = false;

/** Names of the charts that are in sight, or soon will be. */
const inSight = new Set();
const sight = new IntersectionObserver(
  (seen) => {
    for (const { target, isIntersecting } of seen) inSight[isIntersecting ? 'add' : 'delete'](nameOf(target));
    if (run !== undefined) drawSoon();
  },
  { rootMargin: '50%' },
);
const nameOf = (/** @type {Element} */ chart) => chart.id.slice('chart-'.length);

function draw() {
  isDue = false;
  drawnAt = performance.now();
  for (const [name, svg] of Object.entries(run.charts((name) => inSight.has(name)))) {
    const chart = document.getElementById(`chart-${name}`);
    if (chart !== null) chart.innerHTML = svg;
  }
  // Somebody may be reading in a table: it changes while it is open, and no more than it has to.
  if (page.querySelector('details[open]') === null) return;
  for (const [name, table] of Object.entries(run.tables())) {
    const body = document.getElementById(`table-${name}`);
    if (body?.closest('details')?.open) fill(/** @type {HTMLTableSectionElement} */ (body), table.rows);
  }
}

function fill(/** @type {HTMLTableSectionElement} */ body, /** @type {readonly (readonly string[])[]} */ rows) {
  while (body.rows.length > rows.length) body.deleteRow(-1);
  rows.forEach((cells, r) => {
    const row = body.rows[r] ?? body.insertRow();
    cells.forEach((text, i) => {
      const cell = row.cells[i] ?? row.insertCell();
      if (cell.textContent !== text) cell.textContent = text;
    });
  });
}

function drawSoon() {
  if (isDue) return;
  isDue = true;
  setTimeout(() => requestAnimationFrame(draw), Math.max(0, drawnAt + drawEveryMs - performance.now()));
}

function say(/** @type {string} */ words) {
  if (status.textContent !== words) status.textContent = words;
}

/** From the record after the last one. A page that nobody sees gives its connection back: browsers have few of them. */
function follow() {
  clearTimeout(comeBack);
  events?.close();
  if (document.hidden || hasEnded) return;
  const source = new EventSource(`${page.dataset.events}?after=${after}`);
  events = source;
  source.addEventListener('open', () => say('Following live.'));
  source.addEventListener('progress', (event) => {
    after = Number(event.lastEventId);
    const record = JSON.parse(event.data);
    if (record.type === 'step') run.add(record);
    drawSoon();
  });
  source.addEventListener('state', (event) => {
    const { state } = JSON.parse(event.data);
    hasEnded = state === null || finalStates.includes(state);
    if (hasEnded) {
      source.close();
      say(state === null ? 'The search was deleted.' : `The search has ended: ${state}.`);
    }
    refresh();
  });
  source.addEventListener('error', () => {
    say('The connection is lost; it is tried again.');
    // The browser itself comes back, unless the server has refused: those too whose session has ended.
    if (source.readyState !== EventSource.CLOSED) return;
    comeBack = setTimeout(follow, comeBackMs);
    refresh();
  });
}

async function start() {
  const response = await fetch(/** @type {string} */ (page.dataset.history), { redirect: 'error' }).catch(() => null);
  if (!response?.ok) {
    setTimeout(start, comeBackMs);
    return refresh();
  }
  const history = await response.json();
  after = history.after;
  run = new Run(history);
  for (const chart of page.querySelectorAll('[id^="chart-"]')) sight.observe(chart);
  follow();
}

// A table that is opened shows what the charts show now.
document.addEventListener('toggle', () => run !== undefined && drawSoon(), true);
document.addEventListener('visibilitychange', () => run !== undefined && follow());
start();
