/** @file What a script asks the dashboard itself. */

const choose = 'choose the same files again to go on.';

/**
 * @param {string} address
 * @param {unknown} [body] sent as JSON; without one it is read
 * @returns {Promise<any>}
 * @throws Error with the line to show
 */
export async function ask(address, body) {
  const post = { method: 'POST', body: JSON.stringify(body), headers: { 'content-type': 'application/json' } };
  const response = await fetch(address, body === undefined ? {} : post).catch(() => null);
  if (response === null) throw new Error(`The server does not answer: ${choose}`);
  // None of these addresses leads elsewhere but to the sign-in.
  if (response.redirected) throw new Error('You were signed out: sign in again, then choose the same files.');
  const answer = await response.json().catch(() => null);
  if (response.ok && answer !== null) return answer;
  throw new Error(answer?.detail ?? `The server answered ${response.status}, and nothing that can be read: ${choose}`);
}
