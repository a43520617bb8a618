import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { StepRecord } from '../../shared/contract/progress.ts';
import { bar, Display } from './display.ts';

const record: StepRecord = {
  type: 'step',
  step: 50,
  steps: 200,
  phase: 'search',
  epoch: 2.5,
  loss: 1.2345,
  accuracy: 0.5614,
  validationLoss: 1.4,
  validationAccuracy: 0.5,
  latency: [{ hardware: 'cpu-a', expectedMs: 4.213, budgetMs: 4 }],
  probabilities: [],
  imagesPerSecond: 512.4,
  secondsLeft: 200,
  tensorBytes: 1,
  rssBytes: 1,
  skippedImages: 0,
};

class Screen {
  text = '';
  constructor(
    readonly isTTY: boolean,
    readonly columns = 80,
  ) {}
  write(text: string) {
    this.text += text;
  }
  /** What a terminal would show: `ESC[nA` goes up n lines, `ESC[J` clears from there down. */
  visible(): string[] {
    let lines: string[] = [''];
    // biome reads control characters in a pattern as a mistake; these are the ones that a terminal obeys.
    const esc = String.fromCharCode(27);
    for (const piece of this.text.split(new RegExp(`(\r|\n|${esc}\\[\\d*[AJ])`))) {
      if (piece === '\n') lines.push('');
      else if (piece.endsWith('A') && piece.startsWith(esc))
        lines = lines.slice(0, lines.length - Number(piece.slice(2, -1)));
      else if (piece.startsWith(esc)) lines[lines.length - 1] = '';
      else if (piece !== '\r') lines[lines.length - 1] += piece;
    }
    return lines;
  }
}

test('a terminal gets phase, step, speed, losses, accuracy, latency against the budget, and time left', () => {
  const screen = new Screen(true, 120);
  new Display(screen).show(record);
  expect(screen.visible()).toEqual([
    '[#####---------------] search, step 50/200, epoch 2.5, 512 images/s, 3 min 20 s left',
    'loss 1.234, accuracy 56.1 %, validation loss 1.400, validation accuracy 50.0 %, latency 4.21 ms of 4.00 ms',
    '',
  ]);
});

test('records replace one another in place, notes stay above', () => {
  const screen = new Screen(true, 120);
  const display = new Display(screen);
  display.show(record);
  display.show({ type: 'note', step: 51, level: 'warning', message: 'images are grey' });
  display.show({ ...record, step: 100 });
  display.show({ ...record, step: 200, latency: [] });
  expect(screen.visible()).toHaveLength(4);
  expect(screen.visible()[0]).toBe('warning: images are grey');
  expect(screen.visible()[1]).toContain('[####################] search, step 200/200');
  display.clear();
  expect(screen.visible()).toEqual(['warning: images are grey', '']);
});

test('elsewhere a plain line comes at once, at a new phase, and every ten seconds', () => {
  const screen = new Screen(false);
  let nowMs = 0;
  const display = new Display(screen, () => nowMs);
  for (let step = 1; step <= 250; step++) {
    nowMs = step * 100;
    display.show({ ...record, step, phase: step < 150 ? 'warmup' : 'search' });
  }
  const lines = screen.text.trimEnd().split('\n');
  expect(lines.map((line) => line.split(', ').slice(0, 2).join(', '))).toEqual([
    'warm-up, step 1/200',
    'warm-up, step 101/200',
    'search, step 150/200',
    'search, step 250/200',
  ]);
  expect(screen.text).not.toContain('\r');
  expect(screen.text).not.toContain(String.fromCharCode(27));
});

test('no record makes NaN, a line wider than the terminal, or a bar of another width', () => {
  const number = fc.oneof(fc.double(), fc.constantFrom(Number.NaN, Number.POSITIVE_INFINITY));
  const records = fc.record({
    loss: number,
    accuracy: number,
    imagesPerSecond: number,
    validationLoss: fc.option(number),
    validationAccuracy: fc.option(number),
    secondsLeft: fc.option(number),
    latency: fc.array(fc.record({ hardware: fc.string(), expectedMs: number, budgetMs: number }), { maxLength: 4 }),
  });
  fc.assert(
    fc.property(records, fc.integer({ min: 20, max: 200 }), fc.boolean(), (changes, columns, isTTY) => {
      const screen = new Screen(isTTY, columns);
      const named = changes.latency.map((entry, i) => ({ ...entry, hardware: `device-${i}` }));
      new Display(screen).show({ ...record, ...changes, latency: named });
      expect(screen.text).not.toMatch(/NaN|Infinity|undefined|null/);
      if (isTTY) for (const line of screen.visible()) expect(line.length).toBeLessThan(columns);
    }),
  );
  fc.assert(
    fc.property(number, (share) => {
      expect(bar(share)).toMatch(/^\[#*-*\]$/);
      expect(bar(share)).toHaveLength(22);
    }),
  );
});
