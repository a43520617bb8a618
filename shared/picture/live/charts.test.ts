import { expect, test } from 'vitest';
import { heatMap, lineChart, network } from './charts.js';

test('a line is drawn from the first to the last step, and told in words', () => {
  const svg = lineChart({
    title: 'Loss, nats',
    lines: [
      {
        name: 'training',
        points: [
          [0, 2],
          [50, 1],
          [100, 0],
        ],
      },
      { name: 'validation', points: [] },
    ],
  });
  expect(svg).toContain('d="M52 52L202 121L352 190"');
  expect(svg).toContain('<desc>Loss, nats. training: from 2 to 0 at step 100; validation: nothing yet.</desc>');
});

test('a budget is in the picture wherever the line is', () => {
  const svg = lineChart({
    title: 'Latency',
    lines: [{ name: 'expected', points: [[0, 10]] }],
    references: [{ name: 'budget', value: 2 }],
  });
  const [, y1] = /class="accent-line" x1="52" x2="352" y1="([\d.]+)"/.exec(svg)!;
  expect(Number(y1)).toBeGreaterThan(52);
  expect(Number(y1)).toBeLessThanOrEqual(190);
  expect(svg).toContain('budget: 2');
});

test('a heat map is as strong as the probabilities, and the latest are written', () => {
  const svg = heatMap({
    title: 'block 1',
    candidates: ['a', 'b'],
    columns: [
      [1, 0],
      [0.3, 0.7],
    ],
    from: 0,
    to: 10,
  });
  expect(svg).toContain('fill-opacity="1" d="M104 24h98.2v14h-98.2z"');
  expect(svg).toContain('fill-opacity="0.3" d="M202 24h98.2v14h-98.2z"');
  expect(svg).toContain('fill-opacity="0.7" d="M202 39h98.2v14h-98.2z"');
  expect(svg).toContain('now a 30 %, b 70 %');
});

test('the network shows the most probable candidate of each block, whatever their names hold', () => {
  const candidates = [
    { name: '<b>', colour: 'k3-1', kernel: 3, expansion: 3 },
    { name: 'zero', colour: 'skipped-share', kernel: 0, expansion: 0 },
  ];
  const blocks = [
    { name: 'one', candidates },
    { name: 'two', candidates },
  ];
  const svg = network({
    title: 'Network',
    blocks,
    probabilities: [
      [0.9, 0.1],
      [0.2, 0.8],
    ],
  });
  expect(svg).toContain('one: &lt;b&gt; at 90 %; two: zero at 80 %');
  expect([svg.match(/>k3 e3</g)?.length, svg.match(/>skip</g)?.length]).toEqual([1, 1]);
  expect(svg).toContain('class="k3-1" fill-opacity="0.9"');
});

test('before anything is reported charts are there in their full size', () => {
  const size = (svg: string) => /width="\d+" height="\d+"/.exec(svg)![0];
  const lines = [
    {
      name: 'x',
      points: [
        [0, 1],
        [1, 2],
      ] as const,
    },
  ];
  expect(size(lineChart({ title: 't', lines: [{ name: 'x', points: [] }] }))).toBe(
    size(lineChart({ title: 't', lines })),
  );
  const chart = { title: 't', candidates: ['a', 'b'], from: 0, to: 1 };
  expect(size(heatMap({ ...chart, columns: [] }))).toBe(size(heatMap({ ...chart, columns: [[1, 0]] })));
});
