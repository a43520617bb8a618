/** @file The signals that ask the CLI to stop: Ctrl-C, a polite kill, a closed terminal. */
export const interruptedExitCode = 130;

const stopSignals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

export interface StopSignals {
  received(): boolean;
  /** gives the signals their usual meaning back */
  release(): void;
}

/** Calls `onSignal` with 1 for the first stop signal, 2 for the second, and so on, instead of ending the process. */
export function onStopSignal(onSignal: (times: number, signal: NodeJS.Signals) => void): StopSignals {
  let times = 0;
  const listener = (signal: NodeJS.Signals) => onSignal(++times, signal);
  for (const signal of stopSignals) process.on(signal, listener);
  return {
    received: () => times > 0,
    release: () => {
      for (const signal of stopSignals) process.off(signal, listener);
    },
  };
}
