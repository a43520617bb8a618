/**
 * @file An S3 server (moto) behind a token service that keeps to trust policies: a role opens only with the external id
 * that it demands, and buckets open only with the credentials of a role that may read them.
 */
import { once } from 'node:events';
import { createServer, request as send } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface RoleServer {
  endpoint: string;
  stop(): void;
}

/** @param demands what external id each role demands, by ARN; null: none */
export async function startRoleServer(
  target: string,
  demands: ReadonlyMap<string, string | null>,
): Promise<RoleServer> {
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const body = Buffer.concat(chunks);
    const form = new URLSearchParams(body.toString());
    if (form.get('Action') === 'AssumeRole') {
      const demanded = demands.get(form.get('RoleArn')!);
      if (demanded === undefined || (demanded !== null && form.get('ExternalId') !== demanded)) {
        response.writeHead(403, { 'content-type': 'text/xml' });
        response.end('<ErrorResponse><Error><Code>AccessDenied</Code><Message>no</Message></Error></ErrorResponse>');
        return;
      }
    } else if (request.headers['x-amz-security-token'] === undefined) {
      response.writeHead(403, { 'content-type': 'application/xml' });
      response.end('<Error><Code>AccessDenied</Code><Message>Access Denied</Message></Error>');
      return;
    }
    const { method, headers, url } = request;
    const onward = send(target + url, { method: method!, headers }, (answer) => {
      response.writeHead(answer.statusCode!, answer.headers);
      answer.pipe(response);
    });
    onward.end(body);
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  return {
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    stop() {
      server.closeAllConnections();
      server.close();
    },
  };
}
