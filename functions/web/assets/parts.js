/**
 * @file Parts of a page that follow the server: `[data-part]` elements are taken from the same page fetched again, every
 * `data-refresh` seconds, or when a form with `data-live` changes.
 */

/** Puts the parts of a fetched page where they stand in this one. A part that holds the focus is left alone. */
export function replaceParts(/** @type {string} */ html) {
  const fetched = new DOMParser().parseFromString(html, 'text/html');
  for (const part of document.querySelectorAll('[data-part]')) {
    const fresh = fetched.getElementById(part.id);
    if (fresh === null || fresh.innerHTML === part.innerHTML || part.contains(document.activeElement)) continue;
    part.replaceChildren(...fresh.childNodes);
  }
}

/** Asks for this page again, and takes its parts. */
export async function refresh() {
  if (document.hidden) return;
  try {
    const response = await fetch(location.href, { redirect: 'error' });
    if (response.ok) replaceParts(await response.text());
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
