/**
 * @file An S3 server and a token service (moto) behind a front that keeps to the policies of sessions, which moto does
 * not: a session opens what its policy lets pass, and nothing without a session is let in.
 */
import { once } from 'node:events';
import { createServer, type IncomingMessage, request as send } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Policy } from '../../functions/credentials/session-policy.ts';
import { type Asked, allows } from './policy.ts';

/** The key of the credential function itself, which is no session. */
export const ownKey = 'AKIAFUNCTION00000000';

export interface SessionServer {
  endpoint: string;
  /** what was refused so far */
  refused: Asked[];
  /** sessions given so far */
  sessions: Map<string, Policy>;
  stop(): void;
}

export async function startSessionServer(target: string): Promise<SessionServer> {
  const sessions = new Map<string, Policy>();
  const refused: Asked[] = [];
  const server = createServer(async (request, response) => {
    const body = await bodyOf(request);
    const form = new URLSearchParams(request.headers['content-type']?.includes('urlencoded') ? body.toString() : '');
    const key = /Credential=([^/]+)\//.exec(request.headers.authorization ?? '')?.[1] ?? '';
    const policy = sessions.get(key);
    const assumes = form.get('Action') === 'AssumeRole';
    const asked = assumes ? [assumeOf(form)] : askedOf(request, body);
    const wrong = key === ownKey ? undefined : asked.find((one) => policy === undefined || !allows(policy, one));
    const deny = (one: Asked) => {
      refused.push(one);
      response.writeHead(403, { 'content-type': 'application/xml' });
      response.end('<Error><Code>AccessDenied</Code><Message>Access Denied</Message></Error>');
    };
    if (wrong !== undefined) return deny(wrong);
    const { method, headers, url } = request;
    const onward = send(target + url, { method: method!, headers }, async (answer) => {
      const one = asked[0]!;
      // To who may not list the whole bucket S3 does not tell that a key is missing.
      const bucket = one.resource.split('/')[0]!;
      const tells = policy === undefined || allows(policy, { action: 's3:ListBucket', resource: bucket });
      if (answer.statusCode === 404 && !tells) return deny(one);
      const bytes = await bodyOf(answer);
      if (assumes) {
        const given = /<AccessKeyId>(.*?)<\/AccessKeyId>/.exec(bytes.toString())?.[1];
        sessions.set(given!, JSON.parse(form.get('Policy') ?? '{"Statement":[]}'));
      }
      response.writeHead(answer.statusCode!, answer.headers);
      response.end(bytes);
    });
    onward.on('error', () => response.destroy());
    onward.end(body);
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  return {
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    refused,
    sessions,
    stop() {
      server.closeAllConnections();
      server.close();
    },
  };
}

function assumeOf(form: URLSearchParams): Asked {
  const externalId = form.get('ExternalId');
  const context = externalId === null ? {} : { 'sts:ExternalId': externalId };
  return { action: 'sts:AssumeRole', resource: form.get('RoleArn')!, context };
}

/** What a request to S3 with the bucket in its path does. */
function askedOf(request: IncomingMessage, body: Buffer): Asked[] {
  const url = new URL(request.url!, 'http://s3');
  const [, bucket, ...rest] = decodeURIComponent(url.pathname).split('/');
  const arn = `arn:aws:s3:::${bucket}`;
  const key = rest.join('/');
  if (key === '') {
    if (url.searchParams.has('delete')) {
      const keys = [...body.toString().matchAll(/<Key>(.*?)<\/Key>/g)];
      return keys.map(([, each]) => ({ action: 's3:DeleteObject', resource: `${arn}/${each}` }));
    }
    const prefix = url.searchParams.get('prefix');
    return [{ action: 's3:ListBucket', resource: arn, context: prefix === null ? {} : { 's3:prefix': prefix } }];
  }
  const aborts = url.searchParams.has('uploadId') && request.method === 'DELETE';
  const actions: Record<string, string> = { GET: 's3:GetObject', HEAD: 's3:GetObject', DELETE: 's3:DeleteObject' };
  const action = aborts ? 's3:AbortMultipartUpload' : (actions[request.method!] ?? 's3:PutObject');
  return [{ action, resource: `${arn}/${key}` }];
}

async function bodyOf(message: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of message) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}
