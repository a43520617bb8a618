/**
 * @file A second, independent count of memory: every allocation and release in the WebAssembly heap of tfjs, the moment
 * it happens. The project's own tracker samples the engine behind each operation; the two must agree.
 */
import { engine } from '@tensorflow/tfjs-core';

interface Allocator {
  _malloc(bytes: number): number;
  _free(offset: number): void;
}

export interface HeapUse {
  /** most bytes allocated at any moment beyond those at the start */
  peakBytes: number;
  /** bytes allocated and not released */
  leftBytes: number;
}

/** Watches the active WebAssembly backend's heap while `run` (synchronous) runs. */
export function watchHeap(run: () => void): HeapUse {
  const allocator = (engine().backend as unknown as { wasm: Allocator }).wasm;
  // Emscripten replaces both by the real ones at their first call, which would undo the watching.
  allocator._free(allocator._malloc(4));
  const { _malloc, _free } = allocator;
  const sizes = new Map<number, number>();
  let bytes = 0;
  let peakBytes = 0;
  allocator._malloc = (size) => {
    const offset = _malloc(size);
    sizes.set(offset >>> 0, size);
    bytes += size;
    peakBytes = Math.max(peakBytes, bytes);
    return offset;
  };
  allocator._free = (offset) => {
    // A block from before has no known size; a step releases none, as `memory()` at its end shows.
    bytes -= sizes.get(offset >>> 0) ?? 0;
    sizes.delete(offset >>> 0);
    _free(offset);
  };
  try {
    run();
  } finally {
    Object.assign(allocator, { _malloc, _free });
  }
  return { peakBytes, leftBytes: bytes };
}
