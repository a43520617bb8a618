/** @file A stage's result as a JSON file of the work folder: made once, and checked whenever it is read again. */
import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { z } from 'zod';

/** @throws Error that names the file where it holds something else */
export async function kept<Schema extends z.ZodType>(
  work: string,
  name: string,
  schema: Schema,
  make: () => Promise<z.infer<Schema>>,
): Promise<z.infer<Schema>> {
  const file = join(work, `${name}.json`);
  if (existsSync(file)) {
    const parsed = schema.safeParse(JSON.parse(readFileSync(file, 'utf8')));
    if (parsed.success) return parsed.data;
    throw new Error(`${file} is no result of this stage: remove it, and the same command makes it again`);
  }
  const made = schema.parse(await make());
  // Whole or not at all: a run may be stopped at any moment.
  writeFileSync(`${file}.new`, `${JSON.stringify(made)}\n`);
  renameSync(`${file}.new`, file);
  return made;
}
