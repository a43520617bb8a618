/**
 * @file Fits the models that ship to the tables that ship: `npm run fit:models`, after a table was measured anew.
 */
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type LatencyTable, latencyTableSchema, operatorTimingsSchema } from '../../shared/contract/latency.ts';
import { latencyModelSchema } from '../../shared/contract/latency-model.ts';
import { fitLatencyModel } from '../../shared/latency/fit/fit-model.ts';

const tables = join(import.meta.dirname, '../../shared/latency/tables');
const models = join(import.meta.dirname, '../../shared/latency/models');

const json = (file: string) => JSON.parse(readFileSync(file, 'utf8'));
const names = readdirSync(tables).filter((name) => name.endsWith('.json'));
const read = names.map((file) => {
  const table: LatencyTable = json(join(tables, file));
  latencyTableSchema.parse(table);
  // Apart from what programs load: nothing but this fit needs them.
  const timings = join(tables, 'operators', file);
  return { file, table, operators: existsSync(timings) ? operatorTimingsSchema.parse(json(timings)) : undefined };
});
for (const { file, table, operators } of read) {
  const others = read.map((other) => other.table).filter((other) => other !== table);
  const whole = operators === undefined ? table : { ...table, operators };
  const model = latencyModelSchema.parse(fitLatencyModel(whole, others));
  const text = `${JSON.stringify(model)}\n`;
  writeFileSync(join(models, file), text);
  console.log(`${file}: ${Object.keys(model.parts).length} parts, ${(text.length / 1000).toFixed(1)} KB`);
}
