/** @file What the dashboard's scripts are told when it is no answer. */
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { ask } from '../assets/ask.js';

const answers: Record<string, (response: ServerResponse) => void> = {
  '/good': (response) => response.end('{"id":"ds_1"}'),
  '/refused': (response) => response.writeHead(409).end('{"detail":"It is in use."}'),
  '/signed-out': (response) => response.writeHead(303, { location: '/sign-in' }).end(),
  '/sign-in': (response) => response.end('<!doctype html>'),
  '/page': (response) => response.end('<!doctype html>'),
  '/proxy': (response) => response.writeHead(502).end('{"message":"Bad gateway"}'),
  '/broken': (response) => response.destroy(),
};
const server = createServer(({ url }, response) => answers[url!]!(response));
let origin: string;

beforeAll(async () => {
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});

afterAll(() => void server.close());

it('gives what the server answered', async () => {
  expect(await ask(`${origin}/good`)).toEqual({ id: 'ds_1' });
  expect(await ask(`${origin}/good`, {})).toEqual({ id: 'ds_1' });
});

it.each([
  ['refused', 'It is in use.'],
  ['signed-out', 'You were signed out: sign in again, then choose the same files.'],
  ['page', 'The server answered 200, and nothing that can be read: choose the same files again to go on.'],
  ['proxy', 'The server answered 502, and nothing that can be read: choose the same files again to go on.'],
  ['broken', 'The server does not answer: choose the same files again to go on.'],
])('%s: throws the line to show', async (name, line) => {
  for (const body of [undefined, {}]) await expect(ask(`${origin}/${name}`, body)).rejects.toThrow(new Error(line));
});
