/**
 * @file `npm run smoke -- --stage NAME`: opens the pages of a deployed stage, orders a tiny search there and looks at what
 * comes back. With `--url URL --key-file FILE` on any other service, such as `fastpath serve`.
 */
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { ApiError } from '../../functions/client/index.ts';
import { FastpathError } from '../../shared/errors.ts';
import { findDeployed, keyIn } from './deployed.ts';
import { orderTinySearch } from './order.ts';
import { visitPages } from './pages.ts';

const root = join(import.meta.dirname, '../..');

try {
  const { values } = parseArgs({
    options: { stage: { type: 'string' }, url: { type: 'string' }, 'key-file': { type: 'string' } },
  });
  const { stage, url, 'key-file': keyFile } = values;
  const say = (line: string) => console.log(line);
  const service = stage !== undefined ? await findDeployed(stage, root) : given(url, keyFile);
  await visitPages({ ...service, say });
  await orderTinySearch({ ...service, say });
  console.log('well');
} catch (error) {
  if (!(error instanceof FastpathError || error instanceof ApiError)) throw error;
  console.error(error.message);
  process.exitCode = 1;
}

function given(url: string | undefined, keyFile: string | undefined) {
  if (url !== undefined && keyFile !== undefined) return { url, adminKey: keyIn(keyFile) };
  throw new FastpathError('smoke.usage', 'usage: npm run smoke -- --stage NAME, or --url URL --key-file FILE');
}
