/** @file A PostgreSQL server of the test's own, from Debian's package: an empty cluster in a folder that goes with it. */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { chown, mkdtemp, readdir, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import pg from 'pg';

const versions = '/usr/lib/postgresql';

/** Where `postgres` and `initdb` are. Fails where they are not: no test of PostgreSQL may be passed over in silence. */
async function binaries(): Promise<string> {
  const found = existsSync(versions) ? (await readdir(versions)).sort((a, b) => Number(b) - Number(a)) : [];
  const folder = found.map((version) => join(versions, version, 'bin')).find((bin) => existsSync(join(bin, 'initdb')));
  if (folder === undefined) throw new Error('PostgreSQL is not installed: apt-get install postgresql');
  return folder;
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  server.close();
  return port;
}

export class PostgresServer {
  private process: ChildProcess | null = null;
  private databases = 0;

  private constructor(
    private readonly bin: string,
    private readonly folder: string,
    private readonly port: number,
    /** the server refuses to run as root */
    private readonly user: { uid?: number; gid?: number },
  ) {}

  static async start(): Promise<PostgresServer> {
    const bin = await binaries();
    const folder = await mkdtemp(join(tmpdir(), 'fastpath-postgres-'));
    const id = (flag: string) => Number(execFileSync('id', [flag, 'postgres'], { encoding: 'utf8' }));
    const user = process.getuid?.() === 0 ? { uid: id('-u'), gid: id('-g') } : {};
    if (user.uid !== undefined) await chown(folder, user.uid, user.gid);
    const server = new PostgresServer(bin, folder, await freePort(), user);
    const args = [
      '-D',
      server.data,
      '-U',
      'fastpath',
      '-A',
      'trust',
      '--no-sync',
      '--encoding=UTF8',
      '--locale=C.UTF-8',
    ];
    execFileSync(join(bin, 'initdb'), args, { cwd: folder, stdio: 'pipe', ...user });
    await server.run();
    return server;
  }

  private get data(): string {
    return join(this.folder, 'data');
  }

  url(database: string, user = 'fastpath'): string {
    return `postgresql://${user}@127.0.0.1:${this.port}/${database}`;
  }

  /** The URL of a new, empty database. */
  async createDatabase(): Promise<string> {
    const name = `test_${++this.databases}`;
    await this.execute(`create database ${name}`);
    return this.url(name);
  }

  async execute(statement: string): Promise<void> {
    const client = new pg.Client({ connectionString: this.url('postgres') });
    await client.connect();
    await client.query(statement);
    await client.end();
  }

  /** Starts the server, again after `halt`. */
  async run(): Promise<void> {
    const settings = ['fsync=off', 'listen_addresses=127.0.0.1', `unix_socket_directories=${this.folder}`];
    const args = ['-D', this.data, '-p', String(this.port), ...settings.flatMap((setting) => ['-c', setting])];
    this.process = spawn(join(this.bin, 'postgres'), args, { cwd: this.folder, stdio: 'ignore', ...this.user });
    for (let attempt = 0; attempt < 300; attempt++) {
      if (this.process.exitCode !== null) break;
      const up = await this.execute('select 1').then(
        () => true,
        () => false,
      );
      if (up) return;
      await setTimeout(100);
    }
    throw new Error('PostgreSQL did not start');
  }

  /** Ends it at once, open connections and all, as a crash would. */
  async halt(): Promise<void> {
    if (this.process === null) return;
    const ended = once(this.process, 'exit');
    this.process.kill('SIGQUIT');
    await ended;
    this.process = null;
  }

  async remove(): Promise<void> {
    await this.halt();
    await rm(this.folder, { recursive: true, force: true });
  }
}
