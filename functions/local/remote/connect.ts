/** @file Which service a command speaks to, and with which key. Keys come from the environment or a file: arguments are there for every process to read. */
import { readFile } from 'node:fs/promises';
import { FastpathError } from '../../../shared/errors.ts';
import { Fastpath } from '../../client/index.ts';
import { readFailure } from '../read-failure.ts';

export interface ApiFlags {
  /** true: the one that FASTPATH_API_URL names */
  api?: string | true;
  keyFile?: string;
  json?: boolean;
}

/** A person waits: what does not answer soon is told. */
const retries = 3;

/** @throws FastpathError `api.no-url`, `api.no-key`, `client.url`, `client.key`, `file.missing`, `file.unreadable` */
export async function connectTo({ api, keyFile }: ApiFlags): Promise<Fastpath> {
  const url = typeof api === 'string' ? api : process.env.FASTPATH_API_URL;
  if (url === undefined || url === '') {
    throw new FastpathError('api.no-url', 'which service? give --api URL, or set FASTPATH_API_URL');
  }
  return new Fastpath({ url, key: await readKey(keyFile), retries });
}

async function readKey(file: string | undefined): Promise<string> {
  if (file !== undefined) {
    const text = await readFile(file, 'utf8').catch((cause) => {
      throw readFailure(file, cause);
    });
    if (text.trim() !== '') return text.trim();
    throw new FastpathError('api.no-key', `${file} is empty: it should hold an API key`);
  }
  const key = process.env.FASTPATH_API_KEY?.trim() ?? '';
  if (key !== '') return key;
  const message = 'no API key: set FASTPATH_API_KEY, or give --key-file FILE (fastpath serve says where its own is)';
  throw new FastpathError('api.no-key', message);
}
