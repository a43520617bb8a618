/**
 * @file `npm run smoke -- --stage NAME`: orders a tiny search on a deployed stage and looks at what comes back. With
 * `--url URL --key-file FILE` on any other service, such as `fastpath serve`.
 */
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { ApiError } from '../../functions/client/index.ts';
import { FastpathError } from '../../shared/errors.ts';
import { findDeployed, keyIn } from './deployed.ts';
import { orderTinySearch } from './order.ts';

try {
  const { values } = parseArgs({
    options: { stage: { type: 'string' }, url: { type: 'string' }, 'key-file': { type: 'string' } },
  });
  const { stage, url, 'key-file': keyFile } = values;
  const say = (line: string) => console.log(line);
  if (stage !== undefined)
    await orderTinySearch({ ...(await findDeployed(stage, join(import.meta.dirname, '../..'))), say });
  else if (url !== undefined && keyFile !== undefined) await orderTinySearch({ url, adminKey: keyIn(keyFile), say });
  else throw new FastpathError('smoke.usage', 'usage: npm run smoke -- --stage NAME, or --url URL --key-file FILE');
  console.log('well');
} catch (error) {
  if (!(error instanceof FastpathError || error instanceof ApiError)) throw error;
  console.error(error.message);
  process.exitCode = 1;
}
