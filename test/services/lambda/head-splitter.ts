/** @file Divides a streamed answer into its head (JSON, then eight zero bytes) and its body, wherever it was cut. */
import { z } from 'zod';

const headSchema = z.object({
  statusCode: z.int(),
  headers: z.record(z.string(), z.string()),
  cookies: z.array(z.string()),
});

export class HeadSplitter {
  private before: Buffer | null = Buffer.alloc(0);

  constructor(private readonly onHead: (head: z.infer<typeof headSchema>) => void) {}

  /** @returns what of the chunk belongs to the body */
  add(chunk: Buffer): Buffer {
    if (this.before === null) return chunk;
    this.before = Buffer.concat([this.before, chunk]);
    const end = this.before.indexOf(Buffer.alloc(8));
    if (end < 0) return Buffer.alloc(0);
    this.onHead(headSchema.parse(JSON.parse(this.before.subarray(0, end).toString())));
    const rest = this.before.subarray(end + 8);
    this.before = null;
    return rest;
  }
}
