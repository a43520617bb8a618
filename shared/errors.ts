/** @file The one error type: what failed, what to do about it, and whether trying again can help. */

export interface FastpathErrorOptions {
  /** True when the same call may succeed later without any change by the caller. */
  retry?: boolean;
  cause?: unknown;
}

/** An error a person is meant to read: `message` is one line that says what failed and what to do. */
export class FastpathError extends Error {
  override readonly name = 'FastpathError';
  readonly retry: boolean;

  /** @param code stable, dotted, machine-readable, e.g. `space.invalid`, `data.empty`, `budget.too-low` */
  constructor(
    readonly code: string,
    message: string,
    options: FastpathErrorOptions = {},
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.retry = options.retry ?? false;
  }
}
