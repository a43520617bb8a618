/**
 * @file Parts of a page that follow the server: `[data-part]` elements are taken from the same page fetched again, every
 * `data-refresh` seconds, or when a form with `data-live` changes.
 */

/**
 * Puts the parts of a fetched page where they stand in this one, with what the reader did to them: details stay open,
 * tables scrolled sideways, the focus on its table or summary. A part that holds the focus elsewhere is left alone.
 */
export function replaceParts(/** @type {string} */ html) {
  const fetched = new DOMParser().parseFromString(html, 'text/html');
  for (const part of document.querySelectorAll('[data-part]')) {
    const fresh = fetched.getElementById(part.id);
    if (fresh === null) continue;
    const summaries = pairs('details > summary', part, fresh);
    for (const [old, same] of summaries) detailsOf(same).open = detailsOf(old).open;
    if (fresh.innerHTML === part.innerHTML) continue;
    const tables = pairs('.table', part, fresh);
    const lefts = tables.map(([old]) => old.scrollLeft);
    const focus = [...summaries, ...tables].find(([old]) => old === document.activeElement);
    if (focus === undefined && part.contains(document.activeElement)) continue;
    part.replaceChildren(...fresh.childNodes);
    for (const [i, [, same]] of tables.entries()) same.scrollLeft = lefts[i];
    focus?.[1].focus({ preventScroll: true });
  }
}

/**
 * What is the same in both: by its id, or where it has none by its place among its like.
 * @returns {[HTMLElement, HTMLElement][]}
 */
function pairs(/** @type {string} */ selector, /** @type {Element} */ part, /** @type {Element} */ fresh) {
  const [olds, news] = [part, fresh].map((root) => [
    .../** @type {NodeListOf<HTMLElement>} */ (root.querySelectorAll(selector)),
  ]);
  return olds.flatMap((old, i) => {
    const same = old.id === '' ? news[i] : news.find(({ id }) => id === old.id);
    return same === undefined ? [] : [[old, same]];
  });
}

function detailsOf(/** @type {HTMLElement} */ summary) {
  return /** @type {HTMLDetailsElement} */ (summary.parentElement);
}

/** Asks for this page again, and takes its parts. Where the session has ended, the page goes to the sign-in and back. */
export async function refresh() {
  if (document.hidden) return;
  try {
    const response = await fetch(location.href, { redirect: 'manual' });
    if (response.ok) replaceParts(await response.text());
    // An upload that was begun here can be gone on with here only.
    else if (response.type === 'opaqueredirect' && document.querySelector('[data-begun]') === null) location.reload();
  } catch {
    // The next round may reach the server again.
  }
}

const seconds = Number(document.querySelector('[data-refresh]')?.getAttribute('data-refresh') ?? 0);
if (seconds > 0) setInterval(refresh, seconds * 1000);

/**
 * Shows what the form's fields mean while they change: `data-live` is the address that is asked, with all fields behind
 * it. Answers that are overtaken by newer fields are dropped.
 */
function follow(/** @type {HTMLFormElement} */ form) {
  /** @type {AbortController | undefined} */
  let asking;
  let timer = 0;
  const ask = async () => {
    asking?.abort();
    asking = new AbortController();
    const { signal } = asking;
    const address = new URL(form.dataset.live ?? form.action, location.href);
    const fields = [...new FormData(form)].filter(([, value]) => typeof value === 'string');
    address.search = new URLSearchParams(/** @type {[string, string][]} */ (fields)).toString();
    try {
      const response = await fetch(address, { signal, redirect: 'error' });
      replaceParts(await response.text());
      if (form.method === 'get') history.replaceState(null, '', address);
    } catch {
      // Overtaken, or offline: what is shown stays.
    }
  };
  form.addEventListener('input', () => {
    clearTimeout(timer);
    timer = setTimeout(ask, 150);
  });
}

for (const form of document.querySelectorAll('form[data-live]')) follow(/** @type {HTMLFormElement} */ (form));

// Sent once, however often its button is pressed.
document.addEventListener('submit', (event) => {
  const form = /** @type {HTMLFormElement} */ (event.target);
  if (form.method !== 'post') return;
  if (form.dataset.sent !== undefined) event.preventDefault();
  form.dataset.sent = '';
  setTimeout(() => delete form.dataset.sent, 10_000);
});
