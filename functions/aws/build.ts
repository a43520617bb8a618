/** @file `npm run build:lambda`. */
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { bundleLambda, type LambdaName, lambdas } from './bundle.ts';

for (const name of Object.keys(lambdas) as LambdaName[]) {
  const files = await bundleLambda(name);
  const folder = dirname(files.keys().next().value!);
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { recursive: true });
  for (const [path, contents] of files) await writeFile(path, contents);
}
