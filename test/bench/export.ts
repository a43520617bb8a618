/**
 * @file How long all exports of one network take, made and checked on real images as `fastpath export` does it: seconds
 * on the wall clock until each was there, and until all were.
 *
 *     npx tsx test/bench/export.ts [--quick] [--out FILE]
 *
 * The quick form leaves 224 pixels out. Brings the Pythons with PyTorch and TensorFlow where they are missing.
 */
import { chmodSync, existsSync, writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { selectBackend } from '../../batch/backend/select.ts';
import { runExport } from '../../functions/local/exporting/export-process.ts';
import type { ExportRecord, ExportRequest } from '../../shared/contract/export.ts';
import { exportFormats } from '../../shared/contract/export-format.ts';
import { encodeSafetensors } from '../../shared/weights/safetensors.ts';
import { frameworks, pythonOf, pytorch } from '../python-environment.ts';
import { exportSetting } from '../services/export-setting.ts';
import { childCpuSeconds } from './process-cost.ts';
import { benchArguments, type Measurement, report } from './report.ts';

const root = resolve(import.meta.dirname, '../..');
const images = 256;
/** Of 64 images: enough for weights that are no longer those of the start. */
const trainingSteps = 5;
const mostSeconds = 60;

const { quick, out } = benchArguments();
const data = join(resolve(root, process.env.FASTPATH_TEST_DATA ?? '../shared/data'), 'imagenette224');
if (!existsSync(data)) throw new Error(`${data} is missing: put the data set there or set FASTPATH_TEST_DATA.`);
const folder = await mkdtemp(join(tmpdir(), 'fastpath-bench-export-'));
const cache = join(folder, 'cache');
try {
  const { line } = await selectBackend();
  process.env.FASTPATH_PYTHON = onePython();
  // Where the shards are unpacked for training: the exports find them there.
  process.env.FASTPATH_CACHE = cache;
  const rows: Measurement[] = [];
  for (const resolution of quick ? [96] : [96, 224]) rows.push(...(await exported(resolution)));
  report({ bench: 'export', rows, backend: line, out });
} finally {
  await rm(folder, { recursive: true, force: true });
}

async function exported(resolution: number): Promise<Measurement[]> {
  const { source } = await exportSetting('imagenette224', 'mobile-inverted-residual', resolution, cache, trainingSteps);
  const { architecture, tensors } = source;
  const weights = join(folder, `${resolution}.safetensors`);
  writeFileSync(weights, encodeSafetensors(tensors, {}));
  const request: ExportRequest = {
    ...{
      architecture,
      weights,
      labels: null,
      givenLabels: null,
      metrics: null,
      spec: null,
      cost: null,
      trainedResolution: resolution,
      latency: [],
      out: join(folder, String(resolution)),
    },
    data: { uri: data, required: true },
    images,
    forms: exportFormats.map((format) => ({ format, features: false, unfolded: false })),
  };
  const cpuBefore = childCpuSeconds();
  const begun = performance.now();
  const seconds = () => (performance.now() - begun) / 1000;
  const rows: Measurement[] = [];
  await runExport(request, (message) => {
    if (message.type !== 'exported') return;
    rows.push({
      name: `${resolution} pixels: ${message.record.form} there after`,
      value: seconds(),
      unit: 's',
      note: checked(message.record),
    });
  });
  const cpu = childCpuSeconds() - cpuBefore;
  const all = { name: `${resolution} pixels: all ${rows.length} exports`, value: seconds(), unit: 's' };
  return [...rows, { ...all, target: { atMost: mostSeconds }, note: `${cpu.toFixed(0)} s of processor time` }];
}

/** @throws Error where an export was not checked: its time would say nothing */
function checked({ form, check, unchecked }: ExportRecord): string {
  if (form === 'safetensors') return unchecked!;
  if (check === null) throw new Error(`${form} was not checked: ${unchecked}`);
  return `${check.images} images, largest difference ${check.largestDifference.toExponential(1)}, ${check.runtime}`;
}

/** The command knows one Python: that with TensorFlow, which finds PyTorch in the other one's packages. */
function onePython(): string {
  const [keras, torch] = [pythonOf(frameworks), pythonOf(pytorch)];
  const packages = join(torch, '../..', 'lib');
  const program = join(folder, 'python');
  const find = `import site, glob; [site.addsitedir(each) for each in glob.glob('${packages}/python3*/site-packages')]`;
  writeFileSync(join(folder, 'sitecustomize.py'), `${find}\n`);
  writeFileSync(program, `#!/bin/sh\nPYTHONPATH='${folder}' exec '${keras}' "$@"\n`);
  chmodSync(program, 0o755);
  return program;
}
