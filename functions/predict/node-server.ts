/** @file The prediction service as a Node server, and how a Node request's body is read. */
import { createServer, type IncomingMessage, type Server } from 'node:http';
import { getRequestListener, type HttpBindings } from '@hono/node-server';
import { predictApp } from './app.ts';
import { onnxAnswer } from './onnx-answer.ts';
import type { BodyParts, PredictOptions, ReadBody } from './ports.ts';

/** From Node's own stream: three times faster than through a web stream. */
export const readIncoming: ReadBody = (_request, body, env) => {
  const { incoming } = env as HttpBindings;
  return readTo(incoming as IncomingMessage, body);
};

function readTo<T>(incoming: IncomingMessage, body: BodyParts<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    const attempt = (step: () => void) => {
      try {
        step();
      } catch (error) {
        // The rest is not read: the connection ends with the answer.
        incoming.pause();
        reject(error);
      }
    };
    incoming.on('data', (chunk: Uint8Array) => attempt(() => body.add(chunk)));
    incoming.on('end', () => attempt(() => resolve(body.end())));
    incoming.on('error', reject);
  });
}

export function predictServer(options: Omit<PredictOptions, 'readBody' | 'onnx'>): Server {
  const app = predictApp({ ...options, readBody: readIncoming, onnx: onnxAnswer });
  return createServer(getRequestListener(app.fetch));
}
