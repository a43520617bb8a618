/** @file Reads request bodies without trusting what they say of their length. */
import { FastpathError } from '../../shared/errors.ts';
import type { BodyParts, ReadBody } from './ports.ts';

/** Web standard streams: for every runtime. */
export const readStream: ReadBody = async (request, body) => {
  const reader = request.body?.getReader();
  if (reader === undefined) return body.end();
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
export class BodyText implements BodyParts<string> {
  private readonly decoder = new TextDecoder('utf-8', { fatal: true });
  private bytes = 0;
  private text = '';

  constructor(private readonly limitBytes: number) {}

  /** @throws FastpathError `request.too-large`, `request.not-utf8` */
  add(chunk: Uint8Array): void {
    this.bytes += chunk.byteLength;
    checkLength(this.bytes, this.limitBytes, 'send less in one request');
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

/** Chunks as they are, within a limit. */
export class BodyBytes implements BodyParts<Uint8Array> {
  private readonly chunks: Uint8Array[] = [];
  private length = 0;

  /** @param advice what to do about a body that is too large */
  constructor(
    private readonly limitBytes: number,
    private readonly advice: string,
  ) {}

  /** @throws FastpathError `request.too-large` */
  add(chunk: Uint8Array): void {
    this.length += chunk.byteLength;
    checkLength(this.length, this.limitBytes, this.advice);
    this.chunks.push(chunk);
  }

  end(): Uint8Array {
    const bytes = new Uint8Array(this.length);
    let at = 0;
    for (const chunk of this.chunks) {
      bytes.set(chunk, at);
      at += chunk.byteLength;
    }
    return bytes;
  }
}

function checkLength(length: number, limitBytes: number, advice: string): void {
  if (length <= limitBytes) return;
  throw new FastpathError('request.too-large', `the body is larger than ${limitBytes / 1e6} MB: ${advice}`);
}
