/** @file `npm run build:lambda`: writes `.dist/lambda/NAME/` for each function, with what lies beside its code. */
import { cp, mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { copyPackages } from '../../shared/copy-packages.ts';
import { pageFiles } from '../web/device/files.ts';
import { bundleLambda, type LambdaName, lambdas } from './bundle.ts';

const root = join(import.meta.dirname, '../..');

/** Whose code asks for what could not be bundled. */
const beside: Partial<Record<LambdaName, (folder: string) => Promise<void>>> = {
  web: async (folder) => {
    for (const name of ['functions/web/assets', 'shared/picture/live']) {
      await cp(join(root, name), join(folder, name), { recursive: true });
    }
    for (const { place, path } of pageFiles) await cp(place(), join(folder, path));
  },
  'data-sets': (folder) => copyPackages(root, ['sharp'], folder),
  'set-up': (folder) => cp(join(root, 'shared/db/migrations'), join(folder, 'migrations'), { recursive: true }),
};

/** @throws FastpathError `build.package-missing`, `program.incomplete` before `npm run build` */
export async function buildLambdas(): Promise<void> {
  for (const name of Object.keys(lambdas) as LambdaName[]) {
    const files = await bundleLambda(name);
    const folder = dirname(files.keys().next().value!);
    // Whole before it takes the other's place: somebody may start from there.
    const next = `${folder}.next`;
    await rm(next, { recursive: true, force: true });
    await mkdir(next, { recursive: true });
    for (const [path, contents] of files) await writeFile(join(next, basename(path)), contents);
    await beside[name]?.(next);
    await rm(folder, { recursive: true, force: true });
    await rename(next, folder);
  }
}

if (import.meta.filename === process.argv[1]) await buildLambdas();
