/**
 * @file `npm run setup:native`: makes the native TensorFlow backend usable, from the official download or, where that
 * is out of reach or cannot be used, from TensorFlow's Python wheel. `-- --gpu` for a GPU, `-- --processor x86-64-v3` for
 * machines other than this one, `-- --remove` undoes it.
 */
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { FastpathError } from '../../../../shared/errors.ts';
import { nativeLayout } from './layout.ts';
import { removeNative, setUpNative } from './setup.ts';

const say = (line: string) => console.error(line);

try {
  const { values } = parseArgs({
    options: { gpu: { type: 'boolean' }, processor: { type: 'string' }, remove: { type: 'boolean' } },
  });
  const layout = nativeLayout(fileURLToPath(new URL('../../../..', import.meta.url)));
  const line = values.remove
    ? removeNative(layout)
    : setUpNative(layout, values.gpu ? 'gpu' : 'cpu', say, values.processor);
  console.log(await line);
} catch (error) {
  const usage = (error as NodeJS.ErrnoException).code?.startsWith('ERR_PARSE_ARGS');
  if (!usage && !(error instanceof FastpathError)) throw error;
  say(`${error instanceof Error ? error.message : error}`);
  process.exitCode = 1;
}
