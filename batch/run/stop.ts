/** @file Asking a running job to stop, and how it says that it did. */

/** Thrown by a job that was asked to stop, after its state is safe. Not an error: the same job goes on later. */
export class Stopped extends Error {
  override readonly name = 'Stopped';
}

export interface StopSignal {
  readonly requested: boolean;
  /** @throws Stopped when a stop was asked for; for long work between checkpoints whose repetition is cheap */
  check(): void;
}

/** A stop signal that SIGTERM and SIGINT set. */
export function stopOnSignals(): StopSignal {
  let requested = false;
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    process.on(signal, () => {
      requested = true;
    });
  }
  return stopSignal(() => requested);
}

/** A stop signal that asks `isRequested` each time. */
export function stopSignal(isRequested: () => boolean): StopSignal {
  return {
    get requested() {
      return isRequested();
    },
    check() {
      if (isRequested()) throw new Stopped('stopped');
    },
  };
}
