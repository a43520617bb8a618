/**
 * @file Weight files against the reference reader and writer: Python's `safetensors` and `numpy`. Needs
 * `python3 -m venv .venv && .venv/bin/pip install safetensors numpy`, or FASTPATH_TEST_PYTHON naming such a Python.
 */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { decodeSafetensors, encodeSafetensors } from '../../shared/weights/safetensors.ts';
import type { Tensor } from '../../shared/weights/tensor.ts';
import { python } from './python.ts';

let folder: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'fastpath-safetensors-'));
});

afterAll(() => {
  if (folder) rmSync(folder, { recursive: true });
});

const run = (script: string, ...args: string[]): string =>
  execFileSync(python('safetensors and numpy'), ['-c', script, ...args], { encoding: 'utf8' });

test('the reference reader finds what we wrote', () => {
  const tensors = new Map<string, Tensor>([
    ['stem/kernel', { shape: [3, 1, 2], data: new Float32Array([0.1, -2, 3e-38, Number.NaN, Infinity, -0]) }],
    ['10', { shape: [], data: new Float64Array([Math.PI]) }],
    ['9 "quoted" é', { shape: [0, 4], data: new Int32Array(0) }],
    ['steps', { shape: [2], data: new BigInt64Array([-(2n ** 63n), 2n ** 63n - 1n]) }],
    ['odd', { shape: [3], data: new Int32Array([1, -2, 2 ** 31 - 1]) }],
  ]);
  const path = join(folder, 'ours.safetensors');
  writeFileSync(path, encodeSafetensors(tensors, { format: 'fastpath', note: 'ünïcode' }));
  const seen = JSON.parse(
    run(
      `
import json, sys
from safetensors import safe_open
with safe_open(sys.argv[1], framework='np') as file:
    out = {name: [str(a.dtype), list(a.shape), a.tobytes().hex()] for name in file.keys() for a in [file.get_tensor(name)]}
    print(json.dumps({'tensors': out, 'metadata': file.metadata()}))
`,
      path,
    ),
  );
  expect(seen.metadata).toEqual({ format: 'fastpath', note: 'ünïcode' });
  const dtypes = { 'stem/kernel': 'float32', '10': 'float64', '9 "quoted" é': 'int32', steps: 'int64', odd: 'int32' };
  const expected = [...tensors].map(([name, { shape, data }]) => {
    const hex = Buffer.from(data.buffer, data.byteOffset, data.byteLength).toString('hex');
    return [name, [dtypes[name as keyof typeof dtypes], shape, hex]];
  });
  expect(seen.tensors).toEqual(Object.fromEntries(expected));
});

test('we find what the reference writer wrote', () => {
  const path = join(folder, 'theirs.safetensors');
  run(
    `
import sys, numpy as np
from safetensors.numpy import save_file
save_file({
    'a': np.arange(3, dtype=np.int32),
    'weight': np.linspace(-1, 1, 6, dtype=np.float32).reshape(2, 3),
    'scalar': np.array(1 / 3, dtype=np.float64),
    'tracked': np.array([2 ** 53 + 1], dtype=np.int64),
    'empty': np.zeros((0, 5), dtype=np.float32),
}, sys.argv[1], metadata={'made by': 'numpy'})
`,
    path,
  );
  const { tensors, metadata } = decodeSafetensors(readFileSync(path));
  expect(metadata).toEqual({ 'made by': 'numpy' });
  expect(Object.fromEntries(tensors)).toEqual({
    a: { shape: [3], data: new Int32Array([0, 1, 2]) },
    weight: { shape: [2, 3], data: Float32Array.from([-1, -0.6, -0.2, 0.2, 0.6, 1]) },
    scalar: { shape: [], data: new Float64Array([1 / 3]) },
    tracked: { shape: [1], data: new BigInt64Array([2n ** 53n + 1n]) },
    empty: { shape: [0, 5], data: new Float32Array(0) },
  });
});
