/** @file Static quantisation to 8-bit integers by ONNX Runtime's own tool, which is written in Python. */
import { mkdtempSync, writeFileSync } from 'node:fs';
import { readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { z } from 'zod';
import { moveAxes } from '../../shared/weights/move-axes.ts';
import type { Images } from './images.ts';
import { batchesOf } from './outputs.ts';
import { runPython } from './python.ts';

/** Weights by channel, signed and symmetric; activations unsigned, their ranges from the calibration images. */
const quantiseCode = `
import json, sys
import numpy as np
import onnx
import onnxruntime
from onnxruntime.quantization import CalibrationDataReader, QuantFormat, QuantType, quantize_static

source, target, folder, batches = *sys.argv[1:4], json.loads(sys.argv[4])

class Images(CalibrationDataReader):
    def __init__(self):
        self.left = iter(batches)

    def get_next(self):
        batch = next(self.left, None)
        if batch is None:
            return None
        images = np.fromfile(f'{folder}/{batch["file"]}', dtype=np.float32)
        return {'input': images.reshape(batch['shape'])}

quantize_static(
    source, target, Images(), quant_format=QuantFormat.QDQ, per_channel=True,
    weight_type=QuantType.QInt8, activation_type=QuantType.QUInt8,
)
model = onnx.load(target)
known = {entry.key for entry in model.metadata_props}
for entry in onnx.load(source).metadata_props:
    if entry.key not in known:
        model.metadata_props.append(entry)
onnx.save(model, target)
print(json.dumps({'tool': f'onnxruntime.quantization {onnxruntime.__version__}'}))
`;

/**
 * @param model float32, batch norm folded
 * @param images to calibrate with
 * @param signal ends it
 * @throws PythonMissing `export.no-python`, FastpathError `export.python`
 */
export async function quantise(
  model: Uint8Array,
  images: Images,
  signal: AbortSignal,
): Promise<{ model: Uint8Array; tool: string }> {
  // At once, so that it starts before this process turns to long computations.
  const folder = mkdtempSync(join(tmpdir(), 'fastpath-quantise-'));
  try {
    const source = join(folder, 'float.onnx');
    const target = join(folder, 'int8.onnx');
    writeFileSync(source, model);
    const batches: { file: string; shape: number[] }[] = [];
    for (const batch of batchesOf(images)) {
      const { data, shape } = moveAxes(batch, [0, 3, 1, 2]);
      const file = `images-${batches.length}`;
      writeFileSync(join(folder, file), data);
      batches.push({ file, shape });
    }
    const args = [source, target, folder, JSON.stringify(batches)];
    const said = await runPython(quantiseCode, args, folder, 'onnx onnxruntime', signal);
    const { tool } = z.strictObject({ tool: z.string() }).parse(said);
    return { model: new Uint8Array(await readFile(target)), tool };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
