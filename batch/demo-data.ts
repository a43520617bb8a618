/** @file Writes the synthetic image set: `demo-data DIR [--seed N]`. */
import { parseArgs } from 'node:util';
import { DirectoryStore } from '../shared/store/directory.ts';
import { writeSynthetic } from './data/synthetic.ts';

/** Enough that a network of the `tiny` space generalises, few enough for a search of minutes. */
const counts = { train: 5000, val: 1000 };

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { seed: { type: 'string', default: '0' } },
});
const [folder] = positionals;
if (folder === undefined) throw new Error('usage: demo-data DIR [--seed N]');
await writeSynthetic(new DirectoryStore(folder), { seed: Number(values.seed), ...counts });
