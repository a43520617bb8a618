/**
 * @file Shows progress to people: two lines rewritten in place on a terminal, a plain line every ten seconds elsewhere.
 */
import type { Phase, ProgressRecord, StepRecord } from '../../shared/contract/progress.ts';
import { duration, loss, milliseconds, percent } from '../../shared/format.ts';
import { type TextStream, writeLine } from './console.ts';

const quietIntervalMs = 10_000;
const barWidth = 20;

const phaseNames: Record<Phase, string> = {
  warmup: 'warm-up',
  search: 'search',
  training: 'training',
};

/** Where the run is: phase, step, epoch, speed, time left. */
export function positionParts(record: StepRecord): string[] {
  const { phase, step, steps, epoch, imagesPerSecond, secondsLeft } = record;
  return [
    phaseNames[phase],
    `step ${step}/${steps}`,
    `epoch ${epoch.toFixed(1)}`,
    `${Number.isFinite(imagesPerSecond) ? Math.round(imagesPerSecond) : '–'} images/s`,
    secondsLeft === null ? 'time left not known yet' : `${duration(secondsLeft)} left`,
  ];
}

/** How it does: losses in nats, accuracies, expected latency against each budget, images left out. */
export function qualityParts(record: StepRecord): string[] {
  const { validationLoss, validationAccuracy, latency, skippedImages } = record;
  const parts = [`loss ${loss(record.loss)}`, `accuracy ${percent(record.accuracy)}`];
  if (validationLoss !== null) parts.push(`validation loss ${loss(validationLoss)}`);
  if (validationAccuracy !== null) parts.push(`validation accuracy ${percent(validationAccuracy)}`);
  for (const { hardware, expectedMs, budgetMs } of latency) {
    const where = latency.length > 1 ? ` on ${hardware}` : '';
    parts.push(`latency ${milliseconds(expectedMs)} of ${milliseconds(budgetMs)}${where}`);
  }
  if (skippedImages > 0) parts.push(`${skippedImages} images skipped`);
  return parts;
}

/** `[#####-----]`, always `barWidth` wide. */
export function bar(share: number): string {
  const filled = Math.round(barWidth * Math.min(1, Math.max(0, Number.isFinite(share) ? share : 0)));
  return `[${'#'.repeat(filled)}${'-'.repeat(barWidth - filled)}]`;
}

export class Display {
  private linesUp = 0;
  private lastPlainMs = Number.NEGATIVE_INFINITY;
  private lastPhase: Phase | null = null;

  /** @param nowMs the clock, in milliseconds */
  constructor(
    private readonly stream: TextStream,
    private readonly nowMs: () => number = () => performance.now(),
  ) {}

  show(record: ProgressRecord): void {
    if (record.type === 'step') {
      if (this.stream.isTTY === true) this.redraw(record);
      else this.plain(record);
    } else if (record.type === 'note') {
      this.say(record.level === 'warning' ? `warning: ${record.message}` : record.message);
    }
  }

  /** A line that stays, above the live ones. */
  say(line: string): void {
    this.clear();
    writeLine(this.stream, line);
  }

  /** Takes the live lines away. */
  clear(): void {
    if (this.linesUp > 0) this.stream.write(`\r\x1b[${this.linesUp}A\x1b[J`);
    this.linesUp = 0;
  }

  private redraw(record: StepRecord): void {
    const columns = this.stream.columns ?? 80;
    const position = `${bar(record.step / record.steps)} ${positionParts(record).join(', ')}`;
    const lines = [position, ...wrapped(qualityParts(record), columns)];
    this.clear();
    for (const line of lines) writeLine(this.stream, line.slice(0, columns - 1));
    this.linesUp = lines.length;
  }

  private plain(record: StepRecord): void {
    const isDue = this.nowMs() - this.lastPlainMs >= quietIntervalMs || record.phase !== this.lastPhase;
    if (!isDue) return;
    this.lastPlainMs = this.nowMs();
    this.lastPhase = record.phase;
    writeLine(this.stream, [...positionParts(record), ...qualityParts(record)].join(', '));
  }
}

/** Parts joined by commas, as many a line as fit. */
function wrapped(parts: readonly string[], columns: number): string[] {
  const lines: string[] = [];
  for (const part of parts) {
    const last = lines.at(-1);
    if (last !== undefined && last.length + part.length + 3 < columns) lines[lines.length - 1] = `${last}, ${part}`;
    else lines.push(part);
  }
  return lines;
}
