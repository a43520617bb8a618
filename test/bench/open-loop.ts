/**
 * @file Load at a fixed rate, whatever the server does: request i is due at i/rate, and its latency counts from then on,
 * also where it first waits for one of the connections. So a server that stalls cannot hold back the requests that would
 * have seen it (coordinated omission). Plain sockets: an HTTP client would take more time than the server.
 */
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';

export interface Load {
  port: number;
  path: string;
  headers: Readonly<Record<string, string>>;
  body: string;
  connections: number;
  requestsPerSecond: number;
  seconds: number;
}

export interface Loaded {
  /** of each answer, from when its request was due */
  latencyMs: Float64Array;
  /** when each answer was there, in milliseconds of `performance.now()` */
  answeredAtMs: Float64Array;
  sent: number;
  /** answers with another status than 200, and requests without an answer */
  errors: number;
}

/** Sends all that is due in its seconds and waits for the answers; ends early where the server goes away. */
export async function load(options: Load): Promise<Loaded> {
  const { port, requestsPerSecond, seconds } = options;
  const request = requestBytes(options);
  const total = Math.round(requestsPerSecond * seconds);
  const latencyMs = new Float64Array(total);
  const answeredAtMs = new Float64Array(total);
  const counts = { due: 0, sent: 0, answered: 0, refused: 0 };
  let gone = false;
  let finish = () => {};
  const finished = new Promise<void>((resolve) => {
    finish = resolve;
  });
  const start = performance.now();
  const dueAt = (i: number) => start + (i * 1e3) / requestsPerSecond;
  const idle: Connection[] = [];
  const send = () => {
    // In turn: one that is never used the server closes, as it should.
    while (idle.length > 0 && counts.sent < counts.due) idle.shift()!.send(request, dueAt(counts.sent++));
  };
  const connections = await Promise.all(
    Array.from({ length: options.connections }, () =>
      Connection.open(port, {
        answered: (connection, status, sentDueAt) => {
          const now = performance.now();
          latencyMs[counts.answered] = now - sentDueAt;
          answeredAtMs[counts.answered++] = now;
          if (status !== 200) counts.refused++;
          idle.push(connection);
          send();
          if (counts.answered === total) finish();
        },
        closed: () => {
          gone = true;
          finish();
        },
      }),
    ),
  );
  idle.push(...connections);
  const timer = setInterval(() => {
    counts.due = Math.min(total, Math.floor(((performance.now() - start) * requestsPerSecond) / 1e3) + 1);
    if (!gone) send();
  }, 1);
  await finished;
  clearInterval(timer);
  for (const connection of connections) connection.close();
  const { sent, answered, refused } = counts;
  return {
    latencyMs: latencyMs.subarray(0, answered),
    answeredAtMs: answeredAtMs.subarray(0, answered),
    sent,
    errors: sent - answered + refused,
  };
}

interface Listener {
  answered(connection: Connection, status: number, dueAt: number): void;
  closed(): void;
}

/** One request at a time; answers have a length. */
class Connection {
  private dueAt = 0;
  private received = '';
  private closing = false;

  private constructor(
    private readonly socket: Socket,
    listener: Listener,
  ) {
    socket.setNoDelay(true).setEncoding('latin1');
    socket.on('data', (text: string) => {
      this.received += text;
      const head = this.received.indexOf('\r\n\r\n');
      if (head < 0) return;
      const length = Number(/\r\ncontent-length: (\d+)/i.exec(this.received)?.[1]);
      if (this.received.length < head + 4 + length) return;
      const status = Number(this.received.slice(9, 12));
      this.received = '';
      listener.answered(this, status, this.dueAt);
    });
    socket.on('error', () => {});
    socket.on('close', () => {
      if (!this.closing) listener.closed();
    });
  }

  static async open(port: number, listener: Listener): Promise<Connection> {
    const socket = connect(port, '127.0.0.1');
    await once(socket, 'connect');
    return new Connection(socket, listener);
  }

  send(request: Buffer, dueAt: number): void {
    this.dueAt = dueAt;
    this.socket.write(request);
  }

  close(): void {
    this.closing = true;
    this.socket.destroy();
  }
}

function requestBytes({ port, path, headers, body }: Load): Buffer {
  const all = {
    host: `127.0.0.1:${port}`,
    'content-type': 'application/json',
    ...headers,
    'content-length': Buffer.byteLength(body),
  };
  const lines = Object.entries(all).map(([name, value]) => `${name}: ${value}\r\n`);
  return Buffer.from(`POST ${path} HTTP/1.1\r\n${lines.join('')}\r\n${body}`);
}
