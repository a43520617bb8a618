import { expect, it } from 'vitest';
import { memoryAnswer, parseAnswer } from './protocol.ts';
import { Stepper } from './stepper.ts';

const answering = (script: string) =>
  Stepper.start('a stepper', process.execPath, [
    '-e',
    `require('readline').createInterface({ input: process.stdin }).on('line', (line) => {
      const request = JSON.parse(line);
      if (request.do === 'quit') process.exit();
      ${script}
    });`,
  ]);

it('hands each request its own answer', async () => {
  const stepper = answering('console.log(JSON.stringify({ peakRssBytes: line.length, rssBytes: 1 }));');
  const first = await stepper.ask({ do: 'memory' }, memoryAnswer);
  const second = await stepper.ask({ do: 'weight', path: [1, 2], repeats: 1 }, memoryAnswer);
  expect(second.peakRssBytes).toBeGreaterThan(first.peakRssBytes);
  await stepper.quit();
});

it('says in the name of the stepper what went wrong', async () => {
  const failing = answering(`console.log('{"error": "out of paths"}');`);
  await expect(failing.ask({ do: 'memory' }, memoryAnswer)).rejects.toThrow('a stepper: out of paths');
  await failing.quit();
  const gone = answering('process.exit(1);');
  await expect(gone.ask({ do: 'memory' }, memoryAnswer)).rejects.toThrow('a stepper: it ended without an answer');
  await gone.quit();
  const missing = Stepper.start('a stepper', '/no/such/program', []);
  await expect(missing.ask({ do: 'memory' }, memoryAnswer)).rejects.toThrow('it ended without an answer');
  await missing.quit();
});

it('takes nothing for an answer that is none', () => {
  expect(() => parseAnswer('Traceback (most recent call last):', memoryAnswer)).toThrow('not an answer: Traceback');
  expect(() => parseAnswer('{"peakRssBytes": 5}', memoryAnswer)).toThrow('not the answer asked for');
});
