/** @file What this browser calls itself where nothing that it tells sets its device apart from the next one. */

const key = 'fastpath.tag';
const characters = 5;
/** None that is read as another one; 28 million tags of five. */
const alphabet = 'abcdefghjkmnpqrstuvwxyz23456789';
const form = new RegExp(`^[${alphabet}]{${characters}}$`);

/** Drawn once; the same from then on, where this browser keeps anything for the page. */
export function browserTag(): string {
  const tag = kept() ?? drawn();
  try {
    localStorage.setItem(key, tag);
  } catch {
    // A browser that keeps nothing for this page is another device whenever the page is loaded.
  }
  return tag;
}

function kept(): string | null {
  try {
    const tag = localStorage.getItem(key);
    return tag !== null && form.test(tag) ? tag : null;
  } catch {
    return null;
  }
}

function drawn(): string {
  const numbers = crypto.getRandomValues(new Uint32Array(characters));
  return Array.from(numbers, (number) => alphabet[number % alphabet.length]).join('');
}
