/** @file An HTTP line to a server that fails as real ones do: refusals under load, answers lost, bodies cut short. */
import { once } from 'node:events';
import { createServer, request as send } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Random } from '../../shared/random.ts';

/** What share of all requests meets which fate; the rest passes. */
export interface Shares {
  /** answered 503 SlowDown */
  refused: number;
  /** carried out, and the connection dropped before the answer */
  answerLost: number;
  /** the connection dropped in the middle of the answer */
  bodyCut: number;
}

const often: Shares = { refused: 0.08, answerLost: 0.05, bodyCut: 0.08 };
export const calm: Shares = { refused: 0, answerLost: 0, bodyCut: 0 };

export interface BreakingLine {
  endpoint: string;
  /** may be set at any time */
  shares: Shares;
  /** how many requests failed so far */
  readonly failures: number;
  /** how many of them had their connection dropped */
  readonly drops: number;
  stop(): void;
}

/** @param target whose answers pass through; presigned requests for whole objects always pass, since nothing sends them again */
export async function startBreakingLine(target: string, seed: number): Promise<BreakingLine> {
  const random = Random.named(seed, 'breaking-line');
  let refusals = 0;
  let drops = 0;
  const server = createServer((request, response) => {
    const { refused, answerLost, bodyCut } = line.shares;
    const last = request.url!.includes('X-Amz-Signature') && request.headers.range === undefined;
    const fate = last ? 1 : random.uniform();
    if (fate < refused) refusals++;
    else if (fate < refused + answerLost + bodyCut) drops++;
    if (fate < refused) {
      request.resume();
      response.writeHead(503, { 'content-type': 'application/xml' });
      response.end('<Error><Code>SlowDown</Code><Message>Please reduce your request rate.</Message></Error>');
      return;
    }
    const { method, headers } = request;
    const onward = send(target + request.url, { method: method!, headers }, async (answer) => {
      const chunks: Buffer[] = [];
      for await (const chunk of answer) chunks.push(chunk as Buffer);
      const body = Buffer.concat(chunks);
      if (fate < refused + answerLost) return response.destroy();
      response.writeHead(answer.statusCode!, answer.headers);
      if (fate >= refused + answerLost + bodyCut) return response.end(body);
      response.write(body.subarray(0, body.length / 2));
      setTimeout(() => response.destroy(), 5);
    });
    onward.on('error', () => response.destroy());
    request.pipe(onward);
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const line: BreakingLine = {
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    shares: often,
    get failures() {
      return refusals + drops;
    },
    get drops() {
      return drops;
    },
    stop() {
      server.closeAllConnections();
      server.close();
    },
  };
  return line;
}
