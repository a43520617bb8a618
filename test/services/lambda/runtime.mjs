/**
 * @file Node's runtime inside a Lambda instance: asks the Runtime API for events and hands them to the handler, one after
 * another. Streamed answers as AWS's own runtime makes them:
 * https://github.com/aws/aws-lambda-nodejs-runtime-interface-client
 *
 *     node runtime.mjs BUNDLE
 */
import { request } from 'node:http';
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';

const api = `http://${process.env.AWS_LAMBDA_RUNTIME_API}/2018-06-01/runtime`;
const streaming = Symbol.for('aws.lambda.runtime.handler.streaming');

globalThis.awslambda = {
  streamifyResponse: (handler) => Object.assign(handler, { [streaming]: 'response' }),
  HttpResponseStream: {
    from(stream, head) {
      stream.setHeader('content-type', 'application/vnd.awslambda.http-integration-response');
      const write = stream.write.bind(stream);
      let first = true;
      stream.write = (...args) => {
        if (first) {
          write(JSON.stringify(head));
          write(new Uint8Array(8));
        }
        first = false;
        return write(...args);
      };
      return stream;
    },
  },
};

/** The body of an answer to the event, as a stream that is sent while it is written. */
function answerStream(id) {
  const headers = { 'lambda-runtime-function-response-mode': 'streaming', 'transfer-encoding': 'chunked' };
  const stream = request(`${api}/invocation/${id}/response`, { method: 'POST', headers });
  const taken = new Promise((done, failed) => {
    stream.on('response', (response) => response.resume().on('end', done)).on('error', failed);
  });
  return { stream, taken };
}

const tell = (path, value) => fetch(`${api}/${path}`, { method: 'POST', body: JSON.stringify(value ?? null) });
const errorOf = ({ name, message, stack }) => ({ errorType: name, errorMessage: message, trace: stack.split('\n') });

const from = performance.now();
const { handler } = await import(pathToFileURL(resolve(process.argv[2])).href).catch(async (error) => {
  await tell('init/error', errorOf(error));
  process.exit(1);
});
console.log(`INIT ${(performance.now() - from).toFixed(0)} ms`);

for (;;) {
  const next = await fetch(`${api}/invocation/next`);
  const id = next.headers.get('lambda-runtime-aws-request-id');
  const event = await next.json();
  try {
    if (handler[streaming] === 'response') {
      const { stream, taken } = answerStream(id);
      await handler(event, stream, { awsRequestId: id });
      await taken;
    } else await tell(`invocation/${id}/response`, await handler(event, { awsRequestId: id }));
  } catch (error) {
    await tell(`invocation/${id}/error`, errorOf(error));
  }
}
