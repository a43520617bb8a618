/**
 * @file The object store as it is read where there is no SDK: S3, R2 or the like over HTTPS, each request signed with
 * what the platform has for that, Web Crypto.
 */
import { AwsClient } from 'aws4fetch';
import { FastpathError } from '../../shared/errors.ts';
import type { ModelObjects } from './stored-models.ts';

export interface EdgeStore {
  /** of the bucket, without a final slash: `https://bucket.s3.eu-central-1.amazonaws.com`, `https://ACCOUNT.r2.cloudflarestorage.com/bucket` */
  url: string;
  /** `auto` for R2 */
  region: string;
  accessKeyId: string;
  secretAccessKey: string;
}

/** Of one request, for what may pass. */
const retries = 2;
const silenceMs = 5_000;

/** @throws FastpathError `store.unavailable` (retry), `store.denied`, `store.refused` */
export function edgeObjects({ url, ...signing }: EdgeStore): ModelObjects {
  const client = new AwsClient({ ...signing, service: 's3', retries });

  const get = async (address: string): Promise<Response | null> => {
    let response: Response;
    try {
      response = await client.fetch(address, { signal: AbortSignal.timeout(silenceMs) });
    } catch (cause) {
      throw new FastpathError('store.unavailable', `${url} does not answer: try again later`, { retry: true, cause });
    }
    if (response.ok) return response;
    const text = await response.text();
    const code = /<Code>(\w+)<\/Code>/.exec(text)?.[1] ?? '';
    if (response.status === 404 && code !== 'NoSuchBucket') return null;
    const retry = response.status >= 500 || response.status === 429;
    const kind = retry ? 'unavailable' : response.status === 403 ? 'denied' : 'refused';
    const hint = retry ? 'try again later' : 'check the address, the region and the rights of the key';
    throw new FastpathError(`store.${kind}`, `${url} answers ${response.status} ${code}: ${hint}`, { retry });
  };

  return {
    async read(key) {
      const response = await get(`${url}/${key.split('/').map(encodeURIComponent).join('/')}`);
      return response === null ? null : new Uint8Array(await response.arrayBuffer());
    },
    async *list(folder) {
      for (let after = ''; ; ) {
        const query = new URLSearchParams({ 'list-type': '2', prefix: folder, 'start-after': after });
        const text = await (await get(`${url}/?${query}`))!.text();
        const keys = [...text.matchAll(/<Key>([^<]*)<\/Key>/g)].map(([, key]) => unescaped(key!));
        yield* keys;
        if (!text.includes('<IsTruncated>true</IsTruncated>') || keys.length === 0) return;
        after = keys.at(-1)!;
      }
    },
  };
}

const entities: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" };

/** What stands in XML as text. */
function unescaped(text: string): string {
  return text.replace(/&(?:#(\d+)|#x([0-9a-f]+)|(\w+));/gi, (whole, decimal, hexadecimal, name) => {
    if (name !== undefined) return entities[name] ?? whole;
    return String.fromCodePoint(decimal === undefined ? Number.parseInt(hexadecimal, 16) : Number(decimal));
  });
}
