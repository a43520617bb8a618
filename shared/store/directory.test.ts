import { spawn } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { link, mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { getRequestListener } from '@hono/node-server';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { FastpathError } from '../errors.ts';
import { describeObjectStore } from './contract-suite.ts';
import { DirectoryStore } from './directory.ts';
import { LateStore } from './late-store.ts';
import { answerLink, signedLink } from './links.ts';

const roots: string[] = [];
async function freshRoot(): Promise<string> {
  const root = await mkdtemp(join(tmpdir(), 'fastpath-store-'));
  roots.push(root);
  return root;
}
afterAll(async () => {
  for (const root of roots) await rm(root, { recursive: true, force: true });
});

/** The store whose links the server answers. */
let served: DirectoryStore;
const signing = { baseUrl: '', secret: randomBytes(32) };
const server = createServer(
  getRequestListener(async (request) => {
    try {
      return await answerLink(served, signing, request, new Date());
    } catch (error) {
      const { code } = error as FastpathError;
      const status = { 'link.invalid': 403, 'store.missing': 404, 'link.size': 422 }[code] ?? 500;
      return Response.json({ code }, { status });
    }
  }),
);
beforeAll(async () => {
  await once(server.listen(0, '127.0.0.1'), 'listening');
  signing.baseUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}/objects`;
});
afterAll(() => server.close());

async function freshServed(): Promise<DirectoryStore> {
  served = new DirectoryStore(join(await freshRoot(), 'made-by-the-first-put'), signing);
  return served;
}

describeObjectStore('directory', freshServed);
describeObjectStore('directory, opened with its first use', async () => new LateStore('late', freshServed));

it('opens a late store with its first use, and once for uses at the same time', async () => {
  let opened = 0;
  const store = new LateStore('late', () => {
    opened++;
    return freshServed();
  });
  expect(store.uri).toBe('late');
  expect(opened).toBe(0);
  await Promise.all([store.get('a'), store.put('b', new Uint8Array(1)), store.delete('c')]);
  expect(opened).toBe(1);
});

it('opens a late store again where that failed', async () => {
  let tries = 0;
  const store = new LateStore('late', async () => {
    if (tries++ === 0) throw new Error('not yet');
    return freshServed();
  });
  await expect(store.get('a')).rejects.toThrow('not yet');
  expect(await store.get('a')).toBeNull();
});

describe('links of a directory store', () => {
  const upload = (sizeBytes: number) => served.link('a/b', { method: 'PUT', expiresInSeconds: 60, sizeBytes });
  const send = async (url: string, body: string, method = 'PUT') => {
    const reply = await fetch(url, { method, body });
    return [reply.status, reply.ok ? null : ((await reply.json()) as { code: string }).code];
  };
  beforeEach(freshServed);

  it('open nothing for another key, method, size, time or secret', async () => {
    const { url } = await upload(3);
    const forged = [
      url.replace('/a/b?', '/a/c?'),
      url.replace('/objects/', '/other/'),
      url.replace('/a/b?', '/a%2Fb/../c?'),
      url.replace('detail=3', 'detail=4'),
      url.replace(/expires=(\d+)/, (_, seconds) => `expires=${Number(seconds) + 1}`),
      url.replace(/signature=.*/, 'signature='),
      url.replace(/&signature=.*/, ''),
      url.replace(/signature=.{4}/, 'signature=AAAA'),
      signedLink(
        { ...signing, secret: randomBytes(32) },
        'a/b',
        { method: 'PUT', expiresInSeconds: 60, sizeBytes: 3 },
        new Date(),
      ).url,
    ];
    for (const address of forged) expect(await send(address, '123'), address).toEqual([403, 'link.invalid']);
    expect(await send(url, '123', 'POST')).toEqual([403, 'link.invalid']);
    expect((await fetch(url)).status).toBe(403);
    expect(await served.get('a/b')).toBeNull();
    expect(await send(url, '123')).toEqual([201, null]);
  });

  it('expire', async () => {
    const at = (ms: number) => {
      const request = { method: 'PUT', expiresInSeconds: 60, sizeBytes: 1 } as const;
      return signedLink(signing, 'a/b', request, new Date(Date.now() + ms)).url;
    };
    expect(await send(at(-61_000), 'x')).toEqual([403, 'link.invalid']);
    expect(await send(at(-55_000), 'x')).toEqual([201, null]);
  });

  it('store nothing where more or less comes than was announced', async () => {
    for (const body of ['12', '1234', '', 'x'.repeat(5_000_000)]) {
      expect(await send((await upload(3)).url, body)).toEqual([422, 'link.size']);
    }
    expect(await served.get('a/b')).toBeNull();
    expect(await send((await upload(0)).url, '')).toEqual([201, null]);
  });

  it('are refused where no server answers them', async () => {
    const request = { method: 'GET', expiresInSeconds: 1, fileName: 'x' } as const;
    await expect(new DirectoryStore(served.uri).link('x', request)).rejects.toMatchObject({ code: 'store.links' });
  });
});

const text = (value: string) => new TextEncoder().encode(value);

/** Runs `body`, which knows `store`, in a process of its own. */
function inOtherProcess(root: string, body: string) {
  const script = `
    import { DirectoryStore } from ${JSON.stringify(new URL('./directory.ts', import.meta.url).href)};
    const store = new DirectoryStore(${JSON.stringify(root)});
    console.log('ready');
    ${body}`;
  return spawn(process.execPath, ['--import', 'tsx', '--input-type=module', '-e', script], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
}

/** A writer that is killed while it writes. */
async function writeUntilKilled(root: string, afterMs: number): Promise<void> {
  const child = inOtherProcess(
    root,
    `for (let i = 0; ; i++) await store.put('pointer', new Uint8Array(200_000).fill(i % 250));`,
  );
  await once(child.stdout, 'data');
  await new Promise((resolve) => setTimeout(resolve, afterMs));
  child.kill('SIGKILL');
  await once(child, 'exit');
}

describe('directory store', () => {
  it('holds a whole object and stays writable after writers were killed', async () => {
    const root = await freshRoot();
    const store = new DirectoryStore(root);
    for (const afterMs of [13, 38, 71]) {
      await writeUntilKilled(root, afterMs);
      const found = await store.get('pointer');
      // A busy machine may kill a writer before it has written anything.
      if (found !== null && Buffer.from(found.bytes).toString() !== 'mine') {
        expect(found.bytes.length).toBe(200_000);
        expect(found.bytes.every((value) => value === found.bytes[0])).toBe(true);
      }
      const startMs = Date.now();
      await store.put('pointer', text('mine'));
      expect(Date.now() - startMs).toBeLessThan(5000);
    }
    const listed = [];
    for await (const entry of store.list('')) listed.push(entry.key);
    expect(listed).toEqual(['pointer']);
  });

  it('loses no update where processes replace by etag', async () => {
    const root = await freshRoot();
    const store = new DirectoryStore(root);
    await store.put('counter', text('0'));
    const increments = `
      for (let done = 0; done < 40; ) {
        const { bytes, etag } = await store.get('counter');
        const next = new TextEncoder().encode(String(Number(Buffer.from(bytes).toString()) + 1));
        await store.put('counter', next, { ifMatch: etag }).then(
          () => done++,
          (error) => { if (error.code !== 'store.precondition') throw error; },
        );
      }`;
    const children = [1, 2, 3].map(() => inOtherProcess(root, increments));
    const exits = await Promise.all(children.map((child) => once(child, 'exit')));
    expect(exits.map(([code]) => code)).toEqual([0, 0, 0]);
    expect(Buffer.from((await store.get('counter'))!.bytes).toString()).toBe('120');
  });

  it('takes over the lock of a dead process, and waits for that of a living one', async () => {
    const root = await freshRoot();
    const store = new DirectoryStore(root);
    await store.put('key', text('1'));
    const work = join(root, '.fastpath-work');
    expect(await readdir(work)).toEqual([]);
    let release: () => void = () => undefined;
    const released = new Promise<void>((resolve) => {
      release = resolve;
    });
    const lock = join(work, `lock-${createHash('sha256').update('key').digest('hex')}`);
    await writeFile(lock, `${process.pid} ${hostname()} held-by-this-test`);
    let done = false;
    const waiting = store.put('key', text('2')).then(() => {
      done = true;
      release();
    });
    await new Promise((resolve) => setTimeout(resolve, 150));
    expect(done).toBe(false);
    // A process id past the kernel's largest is nobody's.
    await writeFile(lock, `4194999 ${hostname()} dead`);
    await Promise.all([waiting, released]);
    expect(Buffer.from((await store.get('key'))!.bytes).toString()).toBe('2');
    expect(await readdir(work)).toEqual([]);
  });

  it('keeps its work folder out of reach', async () => {
    const store = new DirectoryStore(await freshRoot());
    await expect(store.put('.fastpath-work/x', text('1'))).rejects.toMatchObject({ code: 'store.key' });
    await expect(store.get('.fastpath-work')).rejects.toMatchObject({ code: 'store.key' });
  });

  it('says so where a name would be a file and a folder at once', async () => {
    const store = new DirectoryStore(await freshRoot());
    await store.put('a/b', text('1'));
    await expect(store.put('a', text('1'))).rejects.toMatchObject({ code: 'store.key' });
    await expect(store.put('a/b/c', text('1'))).rejects.toMatchObject({ code: 'store.key' });
  });

  it('lists files placed by hand and linked folders, but follows no link back up', async () => {
    const root = await freshRoot();
    const outside = await freshRoot();
    await writeFile(join(outside, 'image.jpg'), 'x');
    await mkdir(join(root, 'train'));
    await symlink(outside, join(root, 'train', 'class'));
    await symlink(root, join(root, 'train', 'loop'));
    await symlink(join(root, 'nowhere'), join(root, 'dangling'));
    await link(join(outside, 'image.jpg'), join(root, 'hard.jpg'));
    const listed = [];
    for await (const entry of new DirectoryStore(root).list('')) listed.push(entry.key);
    expect(listed).toEqual(['hard.jpg', 'train/class/image.jpg']);
  });

  it('deletes a link in a folder, not what it leads to', async () => {
    const [root, outside] = [await freshRoot(), await freshRoot()];
    await writeFile(join(outside, 'image.jpg'), 'x');
    await mkdir(join(root, 'data'));
    await symlink(outside, join(root, 'data', 'class'));
    await new DirectoryStore(root).deletePrefix('data/');
    expect(await readdir(root)).toEqual([]);
    expect(await readdir(outside)).toEqual(['image.jpg']);
  });

  it('removes what writers that died have left, once it is old', async () => {
    const root = await freshRoot();
    const store = new DirectoryStore(root);
    await store.removeAbandoned(new Date());
    await store.put('kept', new Uint8Array(1));
    const left = join(root, '.fastpath-work', 'put-1-x');
    await writeFile(left, 'half an object');
    await store.removeAbandoned(new Date(Date.now() - 60_000));
    expect(await readdir(join(root, '.fastpath-work'))).toEqual(['put-1-x']);
    await store.removeAbandoned(new Date(Date.now() + 60_000));
    expect(await readdir(join(root, '.fastpath-work'))).toEqual([]);
    expect(await store.get('kept')).not.toBeNull();
  });

  it('reads without writing: a listing of a missing or read-only place makes no folder', async () => {
    const root = join(await freshRoot(), 'absent');
    const store = new DirectoryStore(root);
    for await (const entry of store.list('')) expect.unreachable(entry.key);
    expect(await store.get('x')).toBeNull();
    await store.delete('x');
    await expect(readFile(root)).rejects.toMatchObject({ code: 'ENOENT' });
  });
});
