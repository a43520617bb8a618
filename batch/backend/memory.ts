/**
 * @file Peak of tensor memory. Operations report after each kernel what lives: every tensor of the engine
 * (the kernel's outputs included) plus the scratch memory the kernel held while it ran.
 */
import { engine } from '@tensorflow/tfjs-core';

export interface PeakMemory<T> {
  result: T;
  /** Most bytes alive at any sampled moment, with what was alive at the start. */
  peakBytes: number;
  /** Bytes of tensors alive when the function started. */
  startBytes: number;
}

const trackers = new Set<{ peakBytes: number }>();
let scratchBytes = 0;

/** Tells the tracker that the kernel running now holds `bytes` of scratch memory beside its tensors. */
export function noteScratch(bytes: number): void {
  scratchBytes = Math.max(scratchBytes, bytes);
}

/** Samples the engine's memory; called by every operation right after its kernel. */
export function sampleMemory(): void {
  if (trackers.size > 0) {
    const bytes = engine().memory().numBytes + scratchBytes;
    for (const tracker of trackers) tracker.peakBytes = Math.max(tracker.peakBytes, bytes);
  }
  scratchBytes = 0;
}

/** Runs `run` (synchronous) and reports its peak of tensor bytes. Calls may nest. */
export function trackPeak<T>(run: () => T): PeakMemory<T> {
  const startBytes = engine().memory().numBytes;
  const tracker = { peakBytes: startBytes };
  trackers.add(tracker);
  try {
    const result = run();
    sampleMemory();
    return { result, peakBytes: tracker.peakBytes, startBytes };
  } finally {
    trackers.delete(tracker);
  }
}
