import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { link, mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { describeObjectStore } from './contract-suite.ts';
import { DirectoryStore } from './directory.ts';

const roots: string[] = [];
async function freshRoot(): Promise<string> {
  const root = await mkdtemp(join(tmpdir(), 'fastpath-store-'));
  roots.push(root);
  return root;
}
afterAll(async () => {
  for (const root of roots) await rm(root, { recursive: true, force: true });
});

describeObjectStore('directory', async () => new DirectoryStore(join(await freshRoot(), 'made-by-the-first-put')));

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
      if (found !== null) {
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

  it('reads without writing: a listing of a missing or read-only place makes no folder', async () => {
    const root = join(await freshRoot(), 'absent');
    const store = new DirectoryStore(root);
    for await (const entry of store.list('')) expect.unreachable(entry.key);
    expect(await store.get('x')).toBeNull();
    await store.delete('x');
    await expect(readFile(root)).rejects.toMatchObject({ code: 'ENOENT' });
  });
});
