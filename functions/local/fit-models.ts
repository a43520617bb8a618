/**
 * @file Fits the models that ship to the tables that ship: `npm run fit:models`, after a table was measured anew.
 */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type LatencyTable, latencyTableSchema } from '../../shared/contract/latency.ts';
import { latencyModelSchema } from '../../shared/contract/latency-model.ts';
import { fitLatencyModel } from '../../shared/latency/fit/fit-model.ts';

const tables = join(import.meta.dirname, '../../shared/latency/tables');
const models = join(import.meta.dirname, '../../shared/latency/models');

const read = readdirSync(tables).map((file) => {
  const table = JSON.parse(readFileSync(join(tables, file), 'utf8')) as LatencyTable;
  latencyTableSchema.parse(table);
  return { file, table };
});
for (const { file, table } of read) {
  const others = read.map((other) => other.table).filter((other) => other !== table);
  const model = latencyModelSchema.parse(fitLatencyModel(table, others));
  const text = `${JSON.stringify(model)}\n`;
  writeFileSync(join(models, file), text);
  console.log(`${file}: ${Object.keys(model.parts).length} parts, ${(text.length / 1000).toFixed(1)} KB`);
}
