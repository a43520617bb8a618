/** @file The pieces of small drawings as text. Whatever comes from data is escaped. */

/**
 * A whole drawing; the description says in words what it shows, for those who do not see it.
 * @param {number} w
 * @param {number} h
 * @param {string} title
 * @param {string} description
 * @param {readonly string[]} body
 */
export function svg(w, h, title, description, body) {
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${w} ${h}" width="${w}" height="${h}" role="img" class="fastpath" font-size="12"><title>${escaped(title)}</title><desc>${escaped(description)}</desc>${body.join('')}</svg>`;
}

/**
 * One line of text.
 * @param {number} x
 * @param {number} y
 * @param {string} words
 * @param {'text' | 'soft'} tone
 * @param {'start' | 'middle' | 'end'} anchor
 * @param {number} [weight]
 */
export function text(x, y, words, tone, anchor, weight) {
  const bold = weight === undefined ? '' : ` font-weight="${weight}"`;
  return `<text class="${tone}" x="${round(x)}" y="${round(y)}" text-anchor="${anchor}"${bold}>${escaped(words)}</text>`;
}

/** @type {Readonly<Record<string, string>>} */
const entities = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' };
export const escaped = (/** @type {string} */ words) => words.replace(/[&<>"']/g, (c) => entities[c]);

export const round = (/** @type {number} */ value) => Math.round(value * 100) / 100;

/**
 * @param {string} words
 * @param {number} most characters
 */
export const cut = (words, most) => (words.length <= most ? words : `${words.slice(0, Math.max(1, most - 1))}…`);
