/**
 * @file Many small ranges of a few objects, as images are read from shards. The client takes a millisecond of processor
 * time for each request, as long as it takes to decode an image. So an address is signed once for each object, and its
 * ranges are asked for over plain HTTP, at a tenth of that.
 */
import { Agent as HttpAgent, get as httpGet, type IncomingMessage, type RequestOptions } from 'node:http';
import { Agent as HttpsAgent, get as httpsGet } from 'node:https';
import { GetObjectCommand, type S3Client } from '@aws-sdk/client-s3';
import { getSignedUrl } from '@aws-sdk/s3-request-presigner';

/** How long an address holds, and how long before its end it is asked for no more. */
const holdsSeconds = 900;
const spareSeconds = 120;
const silenceMs = 60_000;
/** Addresses are forgotten when there are more: shards are thousands at most. */
const mostAddresses = 10_000;

interface Target {
  Bucket: string;
  Key: string;
}

interface Address {
  url: Promise<URL>;
  /** ms since 1970 */
  until: number;
}

export class RangeReader {
  private readonly addresses = new Map<string, Address>();
  private readonly agents = {
    'http:': new HttpAgent({ keepAlive: true }),
    'https:': new HttpsAgent({ keepAlive: true }),
  };

  constructor(private readonly signer: S3Client) {}

  /**
   * The `length` bytes from byte `start`, or null where the first try did not bring them, for whatever reason: then the
   * client is to be asked, which tries again and says what is wrong.
   */
  async read(target: Target, start: number, length: number): Promise<Uint8Array | null> {
    try {
      const url = await this.addressOf(target);
      return await this.fetch(url, start, length);
    } catch {
      // Other credentials may be needed now.
      this.addresses.delete(target.Key);
      return null;
    }
  }

  private addressOf(target: Target): Promise<URL> {
    const known = this.addresses.get(target.Key);
    if (known !== undefined && Date.now() < known.until) return known.url;
    const signed = getSignedUrl(this.signer, new GetObjectCommand(target), { expiresIn: holdsSeconds });
    const url = signed.then((text) => new URL(text));
    if (this.addresses.size >= mostAddresses) this.addresses.clear();
    this.addresses.set(target.Key, { url, until: Date.now() + 1000 * (holdsSeconds - spareSeconds) });
    return url;
  }

  private fetch(url: URL, start: number, length: number): Promise<Uint8Array> {
    const secure = url.protocol === 'https:';
    const options: RequestOptions = {
      agent: this.agents[secure ? 'https:' : 'http:'],
      headers: { range: `bytes=${start}-${start + length - 1}` },
      timeout: silenceMs,
    };
    return new Promise((resolve, reject) => {
      const answered = (answer: IncomingMessage) => {
        if (answer.statusCode === 206) collect(answer, length).then(resolve, reject);
        else {
          // Read to its end, so that the connection can be used again.
          answer.resume();
          reject(new Error(`HTTP ${answer.statusCode}`));
        }
      };
      const request = secure ? httpsGet(url, options, answered) : httpGet(url, options, answered);
      request.on('timeout', () => request.destroy(new Error('no answer')));
      request.on('error', reject);
    });
  }
}

async function collect(answer: IncomingMessage, length: number): Promise<Uint8Array> {
  const bytes = Buffer.allocUnsafeSlow(length);
  let at = 0;
  for await (const chunk of answer as AsyncIterable<Buffer>) {
    if (at + chunk.length > length) throw new Error('more than was asked for');
    at += chunk.copy(bytes, at);
  }
  if (at < length) throw new Error('cut short');
  return bytes;
}
