/** @file One server of the load benchmark as a process: `bare` or `service`; prints its port. */
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { predictServer } from '../../functions/predict/node-server.ts';
import { anyone, publicModels, unmetered } from '../../functions/predict/public-models.ts';
import { deviceModels } from './predict-models.ts';

/** What any server must do that takes JSON and gives JSON. */
function bareServer(): Server {
  return createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk) => chunks.push(chunk));
    request.on('end', () => {
      const json = JSON.stringify(JSON.parse(Buffer.concat(chunks).toString()));
      response.writeHead(200, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(json) });
      response.end(json);
    });
  });
}

const server =
  process.argv[2] === 'bare'
    ? bareServer()
    : predictServer({ models: publicModels(deviceModels(10, 8)), authorize: anyone, meter: unmetered });
server.listen(0, '127.0.0.1', () => console.log((server.address() as AddressInfo).port));
