/** @file `npm run build:lambda`: writes `.dist/lambda/NAME/` for each function, with what lies beside its code. */
import { cp, mkdir, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { copyPackages } from '../../shared/copy-packages.ts';
import { bundleLambda, type LambdaName, lambdas } from './bundle.ts';

const root = join(import.meta.dirname, '../..');

/** Whose code asks for what could not be bundled. */
const beside: Partial<Record<LambdaName, (folder: string) => Promise<void>>> = {
  'data-sets': (folder) => copyPackages(root, ['sharp'], folder),
  'set-up': (folder) => cp(join(root, 'shared/db/migrations'), join(folder, 'migrations'), { recursive: true }),
};

/** @throws FastpathError `build.package-missing` */
export async function buildLambdas(): Promise<void> {
  for (const name of Object.keys(lambdas) as LambdaName[]) {
    const files = await bundleLambda(name);
    const folder = dirname(files.keys().next().value!);
    await rm(folder, { recursive: true, force: true });
    await mkdir(folder, { recursive: true });
    for (const [path, contents] of files) await writeFile(path, contents);
    await beside[name]?.(folder);
  }
}

if (import.meta.filename === process.argv[1]) await buildLambdas();
