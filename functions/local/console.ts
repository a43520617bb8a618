/** @file Where a command writes: results to `out`, everything said to people while it works to `err`. */

/** What the CLI needs of a stream; process.stdout and process.stderr have it. */
export interface TextStream {
  write(text: string): unknown;
  isTTY?: boolean;
  columns?: number;
}

export interface Console {
  out: TextStream;
  err: TextStream;
}

/** One JSON value as one line on `out`. */
export function writeJson(console: Console, value: unknown): void {
  console.out.write(`${JSON.stringify(value)}\n`);
}

export function writeLine(stream: TextStream, line: string): void {
  stream.write(`${line}\n`);
}
