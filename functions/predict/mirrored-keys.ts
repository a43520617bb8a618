/** @file Who may ask, from the mirror of keys in the object store; each answer is kept for a minute at most. */
import { FastpathError } from '../../shared/errors.ts';
import type { Authorize, Caller } from './ports.ts';

/** The bytes of an object of the store, or null where there is none. */
export type ReadObject = (key: string) => Promise<Uint8Array | null>;

interface Answer {
  /** null: no such key */
  key: { tenant: string; scopes: readonly string[]; revoked: boolean } | null;
  untilMs: number;
}

/** How long a key goes on working after it was revoked, at most. */
const keepMs = 60_000;
/** A key that was just made may be asked for before its mirror is seen. */
const keepAbsentMs = 5_000;
/** Answers held; a flood of made-up keys pushes out the oldest. */
const mostAnswers = 10_000;

/** @param nowMs the time in ms since 1970 */
export function authorizeByMirror(read: ReadObject, nowMs: () => number): Authorize {
  const answers = new Map<string, Answer>();

  const look = async (sha256: string): Promise<Answer> => {
    const held = answers.get(sha256);
    if (held !== undefined && nowMs() < held.untilMs) return held;
    // The age counts from before the read: what was revoked while it ran is seen a minute after that.
    const startMs = nowMs();
    const bytes = await read(`keys/${sha256}.json`);
    const key = bytes === null ? null : (JSON.parse(new TextDecoder().decode(bytes)) as Answer['key']);
    const answer = { key, untilMs: startMs + (key === null ? keepAbsentMs : keepMs) };
    answers.delete(sha256);
    if (answers.size >= mostAnswers) answers.delete(answers.keys().next().value!);
    answers.set(sha256, answer);
    return answer;
  };

  return async (request): Promise<Caller> => {
    const text = /^Bearer +(fp_[0-9A-Za-z]{43}) *$/i.exec(request.headers.get('authorization') ?? '')?.[1];
    if (text === undefined) {
      throw new FastpathError(
        'auth.unauthenticated',
        'the header Authorization has to be "Bearer fp_…": send your API key',
      );
    }
    const { key } = await look(await sha256Hex(text));
    if (key === null || key.revoked) {
      throw new FastpathError('auth.unauthenticated', 'this API key is not valid, or no longer: use another one');
    }
    if (!key.scopes.includes('predict') && !key.scopes.includes('admin')) {
      const message = `this needs a key with scope predict, and yours has ${key.scopes.join(' and ')}: use another key`;
      throw new FastpathError('auth.forbidden', message);
    }
    return { tenant: key.tenant };
  };
}

async function sha256Hex(text: string): Promise<string> {
  const digest = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(text));
  return Array.from(new Uint8Array(digest), (byte) => byte.toString(16).padStart(2, '0')).join('');
}
