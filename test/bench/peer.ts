/**
 * @file Speed and memory of training against PyTorch: the same supernet, images and first weights, trained the
 * published way by a program of our own under `peer/`, in turn with ours on the same machine.
 *
 *     npx tsx test/bench/peer.ts [--quick] [--out FILE] [--wasm-only]
 *
 * Two duels a setting: the native backend and PyTorch with all cores each, WebAssembly and PyTorch with one thread
 * each. Without the native backend it refuses, unless `--wasm-only` leaves its rows out. PyTorch is installed into
 * `.venv-peer` at the first run; the environment variable `FASTPATH_PEER_PYTHON` names another interpreter instead.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { type BackendName, selectBackend } from '../../batch/backend/select.ts';
import { FastpathError } from '../../shared/errors.ts';
import { pythonOf, pytorch } from '../python-environment.ts';
import { duel } from './peer/duel.ts';
import { type Inputs, makeInputs } from './peer/inputs.ts';
import { duelRows } from './peer/rows.ts';
import { Stepper } from './peer/stepper.ts';
import { type Measurement, report, type Target } from './report.ts';
import type { SettingShape } from './step-setting.ts';

interface Match {
  label: string;
  backend: BackendName;
  /** PyTorch's; ours takes what its backend has */
  threads: number;
  /** images/s of ours over PyTorch's */
  speed: Target;
}

const programs = join(import.meta.dirname, 'peer');

const { values } = parseArgs({
  options: { quick: { type: 'boolean' }, out: { type: 'string' }, 'wasm-only': { type: 'boolean' } },
});
const form = values.quick ? { draws: 2, rounds: 2 } : { draws: 6, rounds: 4 };
const seed = 1;
const shapes: SettingShape[] = [
  { space: 'mobile-inverted-residual', resolution: 96, batch: 32, classes: 1000, seed },
  { space: 'cifar', resolution: 32, batch: 128, classes: 10, seed },
];
const allCores = availableParallelism();
const native: Match = { label: 'native', backend: 'tensorflow', threads: allCores, speed: { atLeast: 1 } };
const webAssembly: Match = { label: 'WebAssembly', backend: 'wasm', threads: 1, speed: { atLeast: 0.2 } };
const matches = values['wasm-only'] ? [webAssembly] : [native, webAssembly];

const folder = mkdtempSync(join(tmpdir(), 'fastpath-peer-'));
try {
  await selectBackend(matches[0]!.backend);
  const python = pythonOf(pytorch);
  const rows: Measurement[] = [];
  for (const shape of shapes) {
    const inputs = makeInputs(shape, form.draws, join(folder, shape.space));
    for (const match of matches) rows.push(...(await rowsOf(inputs, match, python)));
  }
  report({
    bench: 'peer',
    rows,
    backend: `Backends: ${matches.map(({ label }) => label).join(', ')}`,
    out: values.out,
  });
} catch (error) {
  const unavailable = error instanceof FastpathError && error.code === 'backend.unavailable';
  const hint = unavailable ? '; --wasm-only compares WebAssembly alone' : '';
  console.error(`${error instanceof Error ? error.message : error}${hint}`);
  process.exitCode = 1;
} finally {
  rmSync(folder, { recursive: true, force: true });
}

async function rowsOf(
  inputs: Inputs,
  { label, backend, threads, speed }: Match,
  python: string,
): Promise<Measurement[]> {
  const sides = {
    ours: Stepper.start('ours', process.execPath, ['--import', 'tsx', join(programs, 'ours.ts'), backend]),
    peer: Stepper.start('PyTorch', python, [join(programs, 'peer.py')]),
  };
  try {
    const made = await duel(inputs, sides, { threads, rounds: form.rounds });
    const memory = backend === 'tensorflow' && inputs.setup.shape === shapes[0] ? { atMost: 1 } : null;
    return duelRows(`${inputs.name}, ${label}`, inputs.setup.shape.batch, made, { speed, memory });
  } finally {
    await Promise.all([sides.ours.quit(), sides.peer.quit()]);
  }
}
