/** @file Answers only what comes through CloudFront, which shows a secret that nobody else knows. */
import { timingSafeEqual } from 'node:crypto';
import { FastpathError } from '../../shared/errors.ts';
import type { Answer } from '../api/cors.ts';
import { type ProblemKinds, problemResponse } from '../predict/problem.ts';
import { sha256Of } from '../service/keys/key-text.ts';

/** As infra sets it. */
export const originHeader = 'x-fastpath-origin';

const problems: ProblemKinds = { 'origin.refused': { status: 403, title: 'Not this way' } };

/** @param sha256 of the secret, as hex; null: everybody is answered */
export function behindOrigin(sha256: string | null, answer: Answer): Answer {
  if (sha256 === null) return answer;
  const expected = Buffer.from(sha256, 'hex');
  return (request, env) => {
    const shown = Buffer.from(sha256Of(request.headers.get(originHeader) ?? ''), 'hex');
    if (timingSafeEqual(shown, expected)) return answer(request, env);
    const refused = new FastpathError(
      'origin.refused',
      'this address is not the service’s: use the one it was given out with',
    );
    return problemResponse(refused, crypto.randomUUID(), problems);
  };
}
