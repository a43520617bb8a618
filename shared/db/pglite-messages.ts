/** @file What the thread that runs PGlite and the one that asks it say to each other. */

export type RowMode = 'array' | 'object';

export type Request =
  | { id: number; do: 'query'; transaction: number | null; sql: string; params: unknown[]; rowMode: RowMode }
  | { id: number; do: 'begin' }
  | { id: number; do: 'end'; transaction: number; commit: boolean }
  | { id: number; do: 'close' };

/** Of an error all that PostgreSQL tells a program; errors themselves lose their fields between threads. */
export interface ThreadError {
  message: string;
  code?: string;
  constraint?: string;
  table?: string;
  detail?: string;
}

export type Reply =
  | { id: 'opened'; error?: ThreadError }
  | { id: number; result: unknown; error?: undefined }
  | { id: number; error: ThreadError };
