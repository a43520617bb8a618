/** @file CloudFront as far as functions behind it notice: leads to one of them, and shows the secret and the visitor's host. */
import { once } from 'node:events';
import { createServer, request as httpRequest, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { originHeader } from '../../../functions/aws/origin.ts';
import { hostHeader } from '../../../functions/aws/response-stream.ts';
import type { LambdaFunction } from './function.ts';

export class Edge {
  private constructor(private readonly server: Server) {}

  /** @param functionAt which of them answers a path */
  static async start(secret: string, functionAt: (path: string) => LambdaFunction): Promise<Edge> {
    const server = createServer((request, response) => {
      const { method, url, headers } = request;
      const asked = { ...headers, [originHeader]: secret, [hostHeader]: headers.host };
      const to = `${functionAt(new URL(url!, 'http://edge').pathname).url}${url}`;
      const passedOn = httpRequest(to, { method, headers: asked }, (answer) => {
        response.writeHead(answer.statusCode!, answer.headers);
        answer.pipe(response);
      });
      passedOn.on('error', () => response.destroy());
      request.pipe(passedOn);
    });
    await once(server.listen(0, '127.0.0.1'), 'listening');
    return new Edge(server);
  }

  get host(): string {
    return `127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  stop(): void {
    this.server.closeAllConnections();
    this.server.close();
  }
}
