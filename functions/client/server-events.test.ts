import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type ServerEvent, serverEvents } from './server-events.ts';

async function read(chunks: Uint8Array[]): Promise<ServerEvent[]> {
  const events: ServerEvent[] = [];
  for await (const event of serverEvents(ReadableStream.from(chunks) as ReadableStream<Uint8Array>, 1000))
    events.push(event);
  return events;
}

function cut(bytes: Uint8Array, places: number[]): Uint8Array[] {
  const sorted = [0, ...places.map((place) => place % (bytes.length + 1)), bytes.length].sort((a, b) => a - b);
  return sorted.slice(1).map((end, i) => bytes.subarray(sorted[i], end));
}

const word = fc.stringMatching(/^[^\r\n]{0,12}$/);
const event = fc.record({
  id: fc.option(fc.nat().map(String)),
  name: fc.constantFrom('progress', 'state'),
  data: fc.array(word, { minLength: 1, maxLength: 3 }).map((lines) => lines.join('\n')),
});

test('reads what was written, whatever the line ends and wherever it was cut', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(event),
      fc.constantFrom('\n', '\r\n'),
      fc.array(fc.nat()),
      async (events, end, places) => {
        const lines = events.flatMap(({ id, name, data }) => [
          ': comment',
          ...(id === null ? [] : [`id: ${id}`]),
          `event:${name}`,
          ...data.split('\n').map((line) => `data: ${line}`),
          '',
          'retry: 3000',
          '',
        ]);
        const text = lines.map((line) => line + end).join('');
        expect(await read(cut(new TextEncoder().encode(text), places))).toEqual(events);
      },
    ),
  );
});

test('leaves out an event that the end cuts off', async () => {
  expect(await read([new TextEncoder().encode('data: 1\n\ndata: 2\n')])).toEqual([
    { id: null, name: 'message', data: '1' },
  ]);
});

test('takes silence for a broken stream', async () => {
  const silent = new ReadableStream<Uint8Array>({});
  await expect(serverEvents(silent, 5).next()).rejects.toThrow('nothing came for 0.005 s');
});
