import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { and, eq, isNull } from 'drizzle-orm';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createdWebhookSchema, type WebhookEvent, webhookPageSchema } from '../../../shared/contract/api/webhooks.ts';
import type { OpenedDatabase } from '../../../shared/db/db.ts';
import { newId } from '../../../shared/db/id.ts';
import { tenants } from '../../../shared/db/schema/tenants.ts';
import { webhookDeliveries } from '../../../shared/db/schema/webhook-deliveries.ts';
import { webhooks } from '../../../shared/db/schema/webhooks.ts';
import { openTestDatabase, truncateAll } from '../../../shared/db/test-database.ts';
import { signatureHeader, verifyWebhook } from '../../../shared/webhook-signature.ts';
import { deliverDue, mostTries } from './deliver-due.ts';
import { isPublicAddress } from './public-address.ts';
import { type Network, publicNetwork } from './target.ts';
import { createWebhook, deleteWebhook, listWebhooks } from './webhooks.ts';

let database: OpenedDatabase;
let nowMs: number;
const clock = { now: () => new Date(nowMs) };
const [ours, theirs] = ['tn_01jd9z5k3q8v7w6x5y4t3s2r1p', 'tn_01jd9z5k3q8v7w6x5y4t3s2r1q'];
const search = { id: 'srch_01jd9z5k3q8v7w6x5y4t3s2r1p' } as WebhookEvent['search'];

/** Names of this test lead to this machine; what is allowed is this machine alone. */
const here: Network = { resolve: async () => ['127.0.0.1'], isAllowed: (address) => address === '127.0.0.1' };

beforeAll(async () => {
  database = await openTestDatabase();
});
afterAll(() => database.close());
beforeEach(async () => {
  nowMs = Date.UTC(2026, 10, 24);
  await truncateAll(database.db);
  await database.db.insert(tenants).values([ours, theirs].map((id) => ({ id, name: id, createdAt: clock.now() })));
});

const servers: Server[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    server.close();
  }
});

interface Received {
  headers: IncomingMessage['headers'];
  body: string;
}

/** A receiver on this machine, whose answers `answer` gives. */
async function receiver(answer: (response: ServerResponse, count: number) => void) {
  const received: Received[] = [];
  const server = createServer(async (request, response) => {
    let body = '';
    for await (const chunk of request) body += chunk;
    received.push({ headers: request.headers, body });
    answer(response, received.length);
  });
  servers.push(server);
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const { port } = server.address() as AddressInfo;
  return { received, url: `http://receiver.example:${port}/hook`, port };
}

const status = (code: number) => (response: ServerResponse) => void response.writeHead(code).end();
const service = (network: Network = here) => ({ db: database.db, clock, network });
/** As the end of a search writes them. */
async function queue(type: WebhookEvent['type'] = 'search.succeeded'): Promise<void> {
  const enabled = and(eq(webhooks.tenantId, ours), isNull(webhooks.disabledAt));
  for (const { id: webhookId } of await database.db.select().from(webhooks).where(enabled)) {
    const [id, now] = [newId('whd', clock), clock.now()];
    const body = { id, type, createdAt: now.toISOString(), search };
    const times = { createdAt: now, nextTryAt: now };
    const row = { id, tenantId: ours, webhookId, event: type, searchId: search.id, body, state: 'pending' as const };
    await database.db.insert(webhookDeliveries).values({ ...row, ...times });
  }
}
const deliveries = () => database.db.select().from(webhookDeliveries).orderBy(webhookDeliveries.id);

describe('webhooks', () => {
  it('belong to their tenant, and show their secret once', async () => {
    const made = createdWebhookSchema.parse(await createWebhook(service(), ours, { url: 'https://a.example/hook' }));
    expect(made.secret).toMatch(/^whsec_[\w-]{43}$/);
    const { secret: _, ...shown } = made;
    expect(webhookPageSchema.parse(await listWebhooks(service(), ours, { limit: 5 })).items).toEqual([shown]);
    expect((await listWebhooks(service(), theirs, { limit: 5 })).items).toEqual([]);
    await expect(deleteWebhook(service(), theirs, made.id)).rejects.toMatchObject({ code: 'webhook.unknown' });
    await queue();
    await deleteWebhook(service(), ours, made.id);
    expect(await deliveries()).toEqual([]);
  });

  it('are refused at an address that is not public, however it is written', async () => {
    const hosts = [
      '127.0.0.1',
      '2130706433',
      '0x7f.1',
      '0177.0.0.1',
      '[::1]',
      '[::ffff:169.254.169.254]',
      '10.0.0.1:8080',
    ];
    for (const host of [...hosts, '127.1', '[fe80::1]', '①②⑦.0.0.1']) {
      await expect(createWebhook(service(publicNetwork), ours, { url: `http://${host}/` }), host).rejects.toMatchObject(
        {
          code: 'webhook.url',
        },
      );
    }
  });

  it('are twenty at most', async () => {
    for (let i = 0; i < 20; i++, nowMs++) await createWebhook(service(), ours, { url: `https://a.example/${i}` });
    const more = createWebhook(service(), ours, { url: 'https://a.example/20' });
    await expect(more).rejects.toMatchObject({ code: 'webhook.too-many' });
  });
});

describe('deliveries', () => {
  it('are signed, with the id that the receiver keeps', async () => {
    const { received, url } = await receiver(status(204));
    const { secret } = await createWebhook(service(), ours, { url });
    await queue();
    expect(await deliverDue(service())).toBe(1);
    expect(await deliverDue(service())).toBe(0);
    const [row] = await deliveries();
    expect(row).toMatchObject({ state: 'delivered', tries: 1, lastStatus: 204, lastError: null, nextTryAt: null });
    const [{ headers, body }] = received as [Received];
    expect(received.length).toBe(1);
    expect(JSON.parse(body)).toEqual({
      id: row!.id,
      type: 'search.succeeded',
      createdAt: '2026-11-24T00:00:00.000Z',
      search,
    });
    expect(headers['fastpath-delivery']).toBe(row!.id);
    expect(headers.host).toMatch(/^receiver\.example:/);
    expect(verifyWebhook(secret, headers[signatureHeader] as string, body, clock.now())).toBe(true);
  });

  it('wait longer and longer after failures, redirects among them, and then arrive', async () => {
    const { received, url } = await receiver((response, count) => {
      if (count === 1) response.writeHead(302, { location: 'http://127.0.0.1:1/' }).end();
      else if (count === 2) response.destroy();
      else response.writeHead(count === 3 ? 500 : 200).end();
    });
    await createWebhook(service(), ours, { url });
    await queue();
    const errors: string[] = [];
    for (const boundMs of [10_000, 20_000, 40_000]) {
      expect(await deliverDue(service())).toBe(1);
      const [row] = await deliveries();
      errors.push(row!.lastError!);
      const waitMs = row!.nextTryAt!.getTime() - nowMs;
      expect(waitMs).toBeGreaterThanOrEqual(10_000);
      expect(waitMs).toBeLessThanOrEqual(10_000 + boundMs);
      nowMs += waitMs - 1;
      expect(await deliverDue(service())).toBe(0);
      nowMs += 1;
    }
    expect(errors[0]).toBe('the answer was 302, a redirect, which is not followed');
    expect(errors[2]).toBe('the answer was 500');
    await deliverDue(service());
    expect((await deliveries())[0]).toMatchObject({ state: 'delivered', tries: 4 });
    expect(new Set(received.map(({ body }) => body)).size).toBe(1);
  });

  it('are sent by one of several processes, and again when that one died', async () => {
    const { received, url } = await receiver(status(200));
    for (let i = 0; i < 10; i++) await createWebhook(service(), ours, { url });
    await queue();
    const sent = await Promise.all([1, 2, 3].map(() => deliverDue(service())));
    expect(sent.reduce((sum, count) => sum + count)).toBe(10);
    expect(received.length).toBe(10);
    await queue('search.failed');
    // Claimed by a process that dies before it sends: its network never answers.
    void deliverDue(service({ ...here, resolve: () => new Promise(() => undefined) }));
    while ((await deliveries()).every(({ nextTryAt }) => nextTryAt === null || nextTryAt.getTime() <= nowMs));
    expect(await deliverDue(service())).toBe(0);
    nowMs += 60_000;
    expect(await deliverDue(service())).toBe(10);
    expect(received.length).toBe(20);
  });

  it('connect to the address that was checked, whatever the name leads to by then', async () => {
    const { received, url } = await receiver(status(200));
    const answers = [['8.8.8.8'], ['127.0.0.1']];
    const rebinding: Network = { resolve: async () => answers.shift()!, isAllowed: isPublicAddress };
    await createWebhook(service(rebinding), ours, { url });
    await queue();
    expect(await deliverDue(service(rebinding))).toBe(1);
    expect(received.length).toBe(0);
    expect((await deliveries())[0]!.lastError).toMatch(/receiver\.example is 127\.0\.0\.1, which is not on the public/);
    // The name is asked for once a try: there is no second answer that could differ.
    let asked = 0;
    const counting: Network = {
      ...here,
      resolve: async () => {
        asked++;
        return ['127.0.0.1'];
      },
    };
    nowMs += 3_600_000;
    expect(await deliverDue(service(counting))).toBe(1);
    expect([asked, received.length]).toEqual([1, 1]);
  });

  it('do not wait for receivers that are slow or endless', async () => {
    const endless = await receiver((response) => {
      response.writeHead(200);
      const more = setInterval(() => response.write('x'.repeat(1000)), 5);
      response.on('close', () => clearInterval(more));
    });
    await createWebhook(service(), ours, { url: endless.url });
    const silent = await receiver(() => undefined);
    await createWebhook(service(), ours, { url: silent.url });
    await queue();
    const startMs = Date.now();
    await deliverDue(service());
    expect(Date.now() - startMs).toBeLessThan(20_000);
    const states = new Map((await deliveries()).map(({ state, lastError }) => [state, lastError]));
    expect(states).toEqual(
      new Map([
        ['delivered', null],
        ['pending', 'no answer within 10 s'],
      ]),
    );
  });

  it('are given up in the end, and a webhook that nothing reached is disabled', async () => {
    const { url } = await receiver(status(503));
    await createWebhook(service(), ours, { url });
    await queue();
    for (let i = 0; i < mostTries - 1; i++, nowMs += 12 * 3_600_000) expect(await deliverDue(service())).toBe(1);
    await queue('search.failed');
    await deliverDue(service());
    const states = (await deliveries()).map(({ state, tries }) => [state, tries]);
    expect(states).toContainEqual(['given-up', mostTries]);
    expect(states.every(([state]) => state === 'given-up')).toBe(true);
    expect((await listWebhooks(service(), ours, { limit: 1 })).items[0]!.disabledAt).toBe(clock.now().toISOString());
    await queue('search.stopped');
    expect((await deliveries()).length).toBe(2);
  });

  it('leave a webhook enabled that others reached meanwhile', async () => {
    const { url } = await receiver((response, count) => status(count === 1 ? 200 : 503)(response));
    const { id } = await createWebhook(service(), ours, { url });
    await queue();
    nowMs += 1000;
    await queue('search.failed');
    await database.db.update(webhookDeliveries).set({ createdAt: new Date(0) });
    await database.db
      .update(webhookDeliveries)
      .set({ tries: mostTries - 1 })
      .where(eq(webhookDeliveries.event, 'search.failed'));
    await database.db
      .update(webhookDeliveries)
      .set({ nextTryAt: new Date(nowMs + 1) })
      .where(eq(webhookDeliveries.event, 'search.failed'));
    await deliverDue(service());
    nowMs += 1;
    await deliverDue(service());
    expect((await deliveries()).map(({ state }) => state)).toEqual(['delivered', 'given-up']);
    const [webhook] = await database.db.select().from(webhooks).where(eq(webhooks.id, id));
    expect(webhook!.disabledAt).toBeNull();
  });
});
