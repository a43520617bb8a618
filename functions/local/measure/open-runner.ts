/** @file What runs networks on this machine, loaded when it is asked for: a runtime, or a browser with its driver. */
import type { Runner } from '../../../shared/latency/measuring/runner.ts';
import type { MeasureFlags } from './request.ts';

/** @throws FastpathError `measure.…` where it is missing */
export async function openRunner({ runtime, threads }: Pick<MeasureFlags, 'runtime' | 'threads'>): Promise<Runner> {
  if (runtime === 'browser') return (await import('./browser-runner.ts')).BrowserRunner.open(threads);
  return (await import('./onnxruntime-runner.ts')).OnnxRuntimeRunner.open(threads);
}
