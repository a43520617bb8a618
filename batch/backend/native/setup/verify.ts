/** @file Proves that what was set up works, in a fresh process that has loaded nothing else. */
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import { FastpathError } from '../../../../shared/errors.ts';
import { runCommand } from './command.ts';
import type { GradientReport } from './gradient.ts';
import type { NativeLayout } from './layout.ts';
import { type Flavour, packageNames } from './pins.ts';

/** Single precision keeps more; a GPU may round the factors of a convolution to ten bits. */
const tolerance = { cpu: 1e-4, gpu: 1e-2 };

/**
 * Computes a gradient with the native backend and compares it with plain JavaScript's; loads our native code.
 * @throws FastpathError `native.verify`
 */
export async function verify(layout: NativeLayout, flavour: Flavour): Promise<GradientReport> {
  const tsx = createRequire(import.meta.url).resolve('tsx/cli');
  const script = fileURLToPath(new URL('./gradient.ts', import.meta.url));
  const out = await runCommand(
    process.execPath,
    [tsx, script, packageNames[flavour], layout.kernels, layout.imageAddon],
    {
      cwd: layout.root,
      env: { TF_CPP_MIN_LOG_LEVEL: '2' },
      code: 'native.verify',
      what: `computing a gradient with ${packageNames[flavour]}`,
      timeoutMs: 180_000,
    },
  );
  const report = JSON.parse(out.trim().split('\n').at(-1)!) as GradientReport;
  if (!(report.difference <= tolerance[report.gpu ? 'gpu' : 'cpu'])) {
    const percent = (report.difference * 100).toPrecision(2);
    throw new FastpathError('native.verify', `a gradient from TensorFlow ${report.tensorflow} is ${percent} % off`);
  }
  return report;
}
