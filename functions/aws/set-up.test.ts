import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { systemClock } from '../../shared/clock.ts';
import { openTestDatabase } from '../../shared/db/test-database.ts';
import { DirectoryStore } from '../../shared/store/directory.ts';
import { authenticate } from '../service/keys/authenticate.ts';
import { sha256Of } from '../service/keys/key-text.ts';
import { KnownKeys } from '../service/keys/known-keys.ts';
import { customResource } from './custom-resource.ts';
import { behindOrigin, originHeader } from './origin.ts';
import { setUp } from './set-up.ts';

test('a first deployment writes keys that work, and a second one leaves them as they are', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'fastpath-set-up-'));
  const { db, close } = await openTestDatabase();
  onTestFinished(async () => {
    await close();
    await rm(folder, { recursive: true });
  });
  // As the stack makes it: a random word.
  let secret = 'x(Yz';
  const store = new DirectoryStore(folder);
  const deps = {
    ...{ db, store, clock: systemClock, pollMs: 10 },
    readKeys: async () => secret,
    writeKeys: async (text: string) => {
      secret = text;
    },
  };
  const { operatorSha256 } = await setUp(deps);
  const { adminKey, operatorKey } = JSON.parse(secret);
  expect(operatorSha256).toBe(sha256Of(operatorKey));
  const known = { db, clock: systemClock, known: new KnownKeys(0), operatorSha256 };
  expect(await authenticate(known, `Bearer ${adminKey}`)).toMatchObject({ tenantId: 'local' });
  const before = secret;
  expect(await setUp(deps)).toEqual({ operatorSha256 });
  expect(secret).toBe(before);
});

/** What CloudFormation is told about one request. */
async function told(type: string, make: () => Promise<Record<string, string>>): Promise<Record<string, unknown>> {
  let body = '';
  const server = createServer(async (request, response) => {
    for await (const chunk of request) body += chunk;
    response.end();
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  onTestFinished(() => void server.close());
  const ResponseURL = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  await customResource(make)({ RequestType: type, ResponseURL, StackId: 's', RequestId: 'r', LogicalResourceId: 'l' });
  return JSON.parse(body);
}

test('CloudFormation is told what was made, and why not', async () => {
  expect(await told('Create', async () => ({ Key: '1' }))).toMatchObject({ Status: 'SUCCESS', Data: { Key: '1' } });
  const failing = () => Promise.reject(new Error('no tables'));
  expect(await told('Update', failing)).toMatchObject({ Status: 'FAILED', Reason: 'no tables', RequestId: 'r' });
  // What cannot be made any more may still be deleted.
  expect(await told('Delete', failing)).toMatchObject({ Status: 'SUCCESS', PhysicalResourceId: 'l' });
});

test('who does not come through CloudFront is turned away', async () => {
  const answer = behindOrigin(sha256Of('secret'), () => new Response('in'));
  const ask = async (headers: Record<string, string>) =>
    (await answer(new Request('https://x', { headers }), {})).status;
  expect(await ask({ [originHeader]: 'secret' })).toBe(200);
  for (const headers of [
    {},
    { [originHeader]: '' },
    { [originHeader]: 'secret2' },
    { [originHeader]: sha256Of('secret') },
  ]) {
    expect(await ask(headers)).toBe(403);
  }
});
