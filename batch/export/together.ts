/**
 * @file Several forms of one network at once: what Python checks or makes takes most of its time to start, and runs beside
 * what is checked in this process.
 */
import { availableParallelism } from 'node:os';
import type { ExportFormat } from '../../shared/contract/export-format.ts';
import { Gate } from '../data/gate.ts';
import type { Exporter, ExportForm, FinishedExport } from './export-network.ts';

const inPython: readonly ExportFormat[] = ['onnx-int8', 'pytorch', 'keras'];

/**
 * Yields each form in its turn with what will have been made of it, or have failed. Who stops listening ends the rest.
 */
export async function* makeTogether<F extends ExportForm>(
  exporter: Pick<Exporter, 'make'>,
  forms: readonly F[],
): AsyncGenerator<{ form: F; made: Promise<FinishedExport> }> {
  const stop = new AbortController();
  const pythons = new Gate(availableParallelism());
  const here = new Gate(1);
  const make = (form: F, gate: Gate) => {
    const made = gate.run(async () => {
      stop.signal.throwIfAborted();
      return exporter.make(form, stop.signal);
    });
    // Awaited when its turn comes: a failure ahead is no unhandled one.
    made.catch(() => undefined);
    return [form, made] as const;
  };
  const [theirs, ours] = [true, false].map((python) =>
    forms.filter((form) => inPython.includes(form.format) === python),
  );
  // Processes first: they start while this one computes.
  const made = new Map([...theirs!.map((form) => make(form, pythons)), ...ours!.map((form) => make(form, here))]);
  try {
    for (const form of forms) yield { form, made: made.get(form)! };
  } finally {
    stop.abort();
    await Promise.allSettled(made.values());
  }
}
