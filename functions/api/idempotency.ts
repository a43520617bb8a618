/**
 * @file The same request sent again gets the same answer. A key is claimed in a transaction of its own, and the answer is
 * stored in the transaction that makes the thing: whatever breaks off in between, nothing is made twice. Answers may hold
 * secrets that are shown once, so they are stored sealed under the caller's own API key, which is kept nowhere.
 */
import { createCipheriv, createDecipheriv, createHash, randomBytes } from 'node:crypto';
import { and, eq, isNull, lt } from 'drizzle-orm';
import type { Clock } from '../../shared/clock.ts';
import type { Db } from '../../shared/db/db.ts';
import { idempotencyKeys } from '../../shared/db/schema/index.ts';
import { type Commit, transact } from '../../shared/db/transact.ts';
import { FastpathError } from '../../shared/errors.ts';
import type { ApiContext } from './context.ts';

/** How long an answer is kept. */
const keepMs = 24 * 3600 * 1000;
/** After this a request that left no answer counts as lost, and its key is free again. */
const patienceMs = 120_000;

/** A request that may be sent again. */
export interface OnceRequest {
  tenantId: string;
  /** the same for the same request sent again; null: each is another one */
  key: string | null;
  /** method and path */
  route: string;
  bodyText: string;
  /** of the caller, kept nowhere: what the answer is sealed under */
  secret: string;
}

/**
 * What `make` gives; it may look around first, and makes the thing by one call of `commit`. With an Idempotency-Key the
 * answer of an earlier request with that key comes instead, and `make` is not called.
 * @throws FastpathError `request.idempotency-reuse`, `request.in-flight`, `request.invalid`
 */
export function createOnce<T>(c: ApiContext, make: (commit: Commit) => Promise<T>): Promise<T> {
  const key = c.req.header('idempotency-key') ?? null;
  const request = {
    tenantId: c.get('caller').tenantId,
    key,
    route: `${c.req.method} ${c.req.path}`,
    bodyText: c.get('bodyText'),
    secret: c.req.header('authorization') ?? '',
  };
  return answerOnce(c.get('dependencies'), request, make);
}

/** The same for a request that came in any way. */
export async function answerOnce<T>(
  { db, clock }: { db: Db; clock: Clock },
  { tenantId, key, route, bodyText, secret }: OnceRequest,
  make: (commit: Commit) => Promise<T>,
): Promise<T> {
  if (key === null) return make((change) => transact(db, change));
  if (!/^[!-~]{1,255}$/.test(key)) {
    const message = 'the header Idempotency-Key has to be 1 to 255 visible ASCII characters, e.g. a UUID';
    throw new FastpathError('request.invalid', message);
  }
  const now = clock.now();
  const row = and(eq(idempotencyKeys.tenantId, tenantId), eq(idempotencyKeys.key, key));
  const mine = {
    tenantId,
    key,
    route,
    requestSha256: sha256(`${route}\n${bodyText}`).toString('hex'),
    createdAt: now,
    expiresAt: new Date(now.getTime() + patienceMs),
  };
  const earlier = await transact(db, async (tx) => {
    await tx.delete(idempotencyKeys).where(and(row, lt(idempotencyKeys.expiresAt, now)));
    const claimed = await tx.insert(idempotencyKeys).values(mine).onConflictDoNothing().returning();
    return claimed.length === 1 ? null : ((await tx.select().from(idempotencyKeys).where(row))[0] ?? null);
  });
  const sealing = sha256(`${secret}\n${key}`);
  if (earlier !== null) return answered(earlier, mine.requestSha256, sealing) as T;

  const held = and(row, isNull(idempotencyKeys.status), eq(idempotencyKeys.createdAt, now));
  try {
    return await make((change) =>
      transact(db, async (tx) => {
        const result = await change(tx);
        const kept = await tx
          .update(idempotencyKeys)
          .set({ status: 201, body: { sealed: seal(result, sealing) }, expiresAt: new Date(now.getTime() + keepMs) })
          .where(held)
          .returning({ key: idempotencyKeys.key });
        // Took longer than its claim held, and another one may have begun.
        if (kept.length === 0) throw inFlight();
        return result;
      }),
    );
  } catch (error) {
    // Where the database is down the claim runs out by itself.
    await db
      .delete(idempotencyKeys)
      .where(held)
      .catch(() => undefined);
    throw error;
  }
}

function answered(earlier: typeof idempotencyKeys.$inferSelect, requestSha256: string, sealing: Buffer): unknown {
  if (earlier.requestSha256 !== requestSha256) {
    throw new FastpathError(
      'request.idempotency-reuse',
      'this Idempotency-Key was used for another request in the last 24 hours: use a new one',
    );
  }
  if (earlier.status === null) throw inFlight();
  return unseal(String(earlier.body?.sealed), sealing);
}

function inFlight(): FastpathError {
  const message = 'a request with this Idempotency-Key is still being answered: wait a second and send it again';
  return new FastpathError('request.in-flight', message);
}

function seal(value: unknown, key: Buffer): string {
  const nonce = randomBytes(12);
  const cipher = createCipheriv('aes-256-gcm', key, nonce);
  const text = Buffer.concat([cipher.update(JSON.stringify(value)), cipher.final()]);
  return Buffer.concat([nonce, cipher.getAuthTag(), text]).toString('base64');
}

function unseal(sealed: string, key: Buffer): unknown {
  const bytes = Buffer.from(sealed, 'base64');
  const decipher = createDecipheriv('aes-256-gcm', key, bytes.subarray(0, 12)).setAuthTag(bytes.subarray(12, 28));
  try {
    return JSON.parse(Buffer.concat([decipher.update(bytes.subarray(28)), decipher.final()]).toString());
  } catch {
    const message = 'this Idempotency-Key was used with another API key: send the request again with that one';
    throw new FastpathError('request.idempotency-reuse', message);
  }
}

function sha256(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
