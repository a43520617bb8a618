/** @file `fastpath predict --api`: the same predictions, made by a service. */
import { architectureId } from '../../../shared/architecture/identity.ts';
import type { Console } from '../console.ts';
import { readArchitecture } from '../input-file.ts';
import { type PredictFlags, tellPredictions } from '../predictions.ts';
import { type ApiFlags, connectTo } from './connect.ts';

export async function predictThere(
  files: readonly string[],
  flags: PredictFlags & ApiFlags,
  console: Console,
): Promise<void> {
  const architectures = await Promise.all(files.map(readArchitecture));
  const ids = architectures.map(architectureId);
  const { hardware, blocks = false } = flags;
  const predictions = await (await connectTo(flags)).predict({ architectures, hardware, blocks });
  const told = predictions.map(({ architecture, lowMs, highMs, flags: notes, overheadMs, blocks: parts, ...rest }) => {
    const place = Number(architecture);
    // There are always intervals where they were not declined.
    const whole = {
      file: files[place]!,
      architecture: ids[place]!,
      ...rest,
      lowMs: lowMs!,
      highMs: highMs!,
      flags: notes,
    };
    return parts === undefined ? whole : { ...whole, overheadMs: overheadMs!, blocks: parts };
  });
  tellPredictions(told, flags, console);
}
