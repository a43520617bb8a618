/** @file Reads request bodies without trusting what they say of their length. */
import { FastpathError } from '../../shared/errors.ts';
import type { ReadText } from './ports.ts';

/** Web standard streams: for every runtime. */
export const readStream: ReadText = async (request, limitBytes) => {
  const reader = request.body?.getReader();
  if (reader === undefined) return '';
  const body = new BodyText(limitBytes);
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return body.end();
      body.add(value);
    }
  } catch (error) {
    // What is left unread is given up; the error is the answer, however that ends.
    await reader.cancel().catch(() => undefined);
    throw error;
  }
};

/** Chunks of UTF-8 to text, within a limit. */
export class BodyText {
  private readonly decoder = new TextDecoder('utf-8', { fatal: true });
  private bytes = 0;
  private text = '';

  constructor(private readonly limitBytes: number) {}

  /** @throws FastpathError `request.too-large`, `request.not-utf8` */
  add(chunk: Uint8Array): void {
    this.bytes += chunk.byteLength;
    if (this.bytes > this.limitBytes) {
      throw new FastpathError(
        'request.too-large',
        `the body is larger than ${this.limitBytes / 1e6} MB: send less in one request`,
      );
    }
    this.text += this.decode(chunk);
  }

  /** The whole text. */
  end(): string {
    return this.text + this.decode();
  }

  private decode(chunk?: Uint8Array): string {
    try {
      return chunk === undefined ? this.decoder.decode() : this.decoder.decode(chunk, { stream: true });
    } catch (cause) {
      throw new FastpathError('request.not-utf8', 'the body is not UTF-8 text: send JSON encoded as UTF-8', { cause });
    }
  }
}
