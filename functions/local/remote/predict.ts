/** @file `fastpath predict --api`: the same predictions, made by a service. */

import { architectureId } from '../../../shared/architecture/identity.ts';
import type { Prediction as Answered } from '../../../shared/contract/api/latency.ts';
import type { Fastpath } from '../../client/index.ts';
import type { Console } from '../console.ts';
import { isOnnxFile, readArchitecture, readBytes } from '../input-file.ts';
import { type PredictFlags, type Prediction, tellPredictions } from '../predictions.ts';
import { type ApiFlags, connectTo } from './connect.ts';

/** One request for all architectures, and one for each ONNX model. */
export async function predictThere(
  files: readonly string[],
  flags: PredictFlags & ApiFlags,
  console: Console,
): Promise<void> {
  const described = files.filter((file) => !isOnnxFile(file));
  const architectures = await Promise.all(described.map(readArchitecture));
  const fastpath = await connectTo(flags);
  const { hardware, blocks = false } = flags;
  const answers = architectures.length === 0 ? [] : await fastpath.predict({ architectures, hardware, blocks });
  const byFile = new Map<string, Prediction[]>();
  for (const [i, file] of described.entries()) {
    const own = answers.slice(i * hardware.length, (i + 1) * hardware.length);
    byFile.set(file, toldOf(file, architectureId(architectures[i]!), own));
  }
  for (const file of files.filter(isOnnxFile)) byFile.set(file, await predictModel(fastpath, file, flags));
  tellPredictions(
    files.flatMap((file) => byFile.get(file)!),
    flags,
    console,
  );
}

async function predictModel(fastpath: Fastpath, file: string, flags: PredictFlags): Promise<Prediction[]> {
  const { hardware, input, blocks = false } = flags;
  const request = { hardware, blocks, ...(input !== undefined && { input }) };
  return toldOf(file, null, await fastpath.predictOnnx(await readBytes(file), request));
}

function toldOf(file: string, architecture: string | null, answers: readonly Answered[]): Prediction[] {
  return answers.map(({ hardware, latencyMs, lowMs, highMs, flags, overheadMs, blocks }) => {
    // There are always intervals where they were not declined.
    const whole = { file, architecture, hardware, latencyMs, lowMs: lowMs!, highMs: highMs!, flags };
    return blocks === undefined ? whole : { ...whole, overheadMs: overheadMs!, blocks };
  });
}
