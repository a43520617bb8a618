/** @file Compares a Python export with the trainer's outputs, by its own `check`, in the framework it is for. */
import { mkdtempSync, writeFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { z } from 'zod';
import type { ExportCheck } from '../../shared/contract/export.ts';
import type { ExportedFile } from '../../shared/export/exported-file.ts';
import { encodeSafetensors } from '../../shared/weights/safetensors.ts';
import type { Images } from './images.ts';
import type { Outputs } from './outputs.ts';
import { runPython } from './python.ts';

/** The images, in the framework's layout, with the trainer's outputs: what `check` in network.py reads. */
export function checkFile(images: { shape: number[]; data: Float32Array }, expected: Outputs): ExportedFile {
  return { name: 'check.safetensors', bytes: encodeSafetensors(new Map([['images', images], ...expected]), {}) };
}

/** What Python printed null for is NaN or infinite, which JSON cannot say. */
const number = z
  .number()
  .nullable()
  .transform((value) => value ?? Number.NaN);

const checkResult = z.strictObject({
  images: z.number(),
  largest_difference: number,
  largest_output: number,
  top1_agreement: z.number().nullable(),
  runtime: z.string(),
});

const checkCode = `
import json
import math
import network
finite = lambda value: None if isinstance(value, float) and not math.isfinite(value) else value
print(json.dumps({name: finite(value) for name, value in network.check().items()}))
`;

/**
 * @param files network.py, its weights, and check.safetensors
 * @param packages that it needs, as pip knows them
 * @param signal ends it
 * @throws PythonMissing, FastpathError `export.python`
 */
export async function checkInPython(
  files: readonly ExportedFile[],
  packages: string,
  { source }: Images,
  signal: AbortSignal,
): Promise<ExportCheck> {
  // At once, so that it starts before this process turns to long computations.
  const folder = mkdtempSync(join(tmpdir(), 'fastpath-check-'));
  try {
    for (const { name, bytes } of files) writeFileSync(join(folder, name), bytes);
    const result = checkResult.parse(await runPython(checkCode, [], folder, packages, signal));
    return {
      runtime: result.runtime,
      images: result.images,
      source,
      largestDifference: result.largest_difference,
      largestOutput: result.largest_output,
      top1Agreement: result.top1_agreement,
    };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
