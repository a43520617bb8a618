/** @file From the flags of `fastpath measure` to what is timed. */
import { type Hardware, hardwareSchema } from '../../../shared/contract/latency.ts';
import { FastpathError } from '../../../shared/errors.ts';
import { measuringSize } from '../../../shared/latency/measuring/method.ts';
import type { ContextRequest, MeasuringPlan } from '../../../shared/latency/measuring/plan.ts';
import { readSpace } from '../input-file.ts';

export type RuntimeName = 'onnxruntime' | 'browser';

export interface MeasureFlags {
  hardware?: string;
  name?: string;
  device?: string;
  space?: string[];
  resolution?: number;
  plan: MeasuringPlan['kind'];
  runtime: RuntimeName;
  threads: number;
  networks?: number[];
  rounds?: number;
  operators?: boolean;
  seed: number;
  out?: string;
  json?: boolean;
}

/**
 * Spaces and resolutions: `--space tiny@32,48` asks for two.
 * @throws FastpathError `space.unknown` and others that say what does not fit
 */
export async function contextRequests(flags: MeasureFlags): Promise<ContextRequest[]> {
  const { space: spaces = ['mobile-inverted-residual'], networks = [measuringSize[flags.plan].networks], plan } = flags;
  if (networks.length !== 1 && networks.length !== spaces.length) {
    const message = `${spaces.length} --space and ${networks.length} --networks: give one number for all, or one for each`;
    throw new FastpathError('flags.pairs', message);
  }
  const requests = await Promise.all(
    spaces.map(async (text, i) => {
      const [, name = text, sizes] = /^(.*)@([\d,]+)$/.exec(text) ?? [];
      if (sizes !== undefined && flags.resolution !== undefined) {
        const message = `--space ${text} names its resolution already: leave --resolution out`;
        throw new FastpathError('flags.resolution', message);
      }
      const space = await readSpace(name);
      const resolutions = sizes?.split(',').map(Number) ?? [flags.resolution ?? space.resolution];
      return resolutions.map((resolution) => ({
        space,
        resolution,
        networks: networks[networks.length === 1 ? 0 : i]!,
      }));
    }),
  );
  const flat = requests.flat();
  const places = flat.map(({ space, resolution }) => `${space.name}@${resolution}`);
  const twice = places.find((place, i) => places.indexOf(place) !== i);
  if (twice !== undefined) throw new FastpathError('flags.pairs', `--space ${twice} is given twice: give it once`);
  if (plan === 'short' && flat.length > 1) {
    throw new FastpathError('flags.plan', 'a short plan is for one space and resolution: use --plan full for several');
  }
  return flat;
}

/** @throws FastpathError `flags.operators` where the runtime runs no ONNX */
export function operatorsOf({ operators, runtime, seed }: MeasureFlags): Pick<MeasuringPlan, 'operators'> {
  if (operators !== true) return {};
  if (runtime === 'onnxruntime') return { operators: { seed } };
  throw new FastpathError('flags.operators', '--operators times ONNX models: leave it out with --runtime browser');
}

/**
 * The hardware that the timings are of.
 * @param processor as the system names it
 * @param runtime library and version
 * @throws FastpathError `hardware.id`
 */
export function hardwareOf(flags: MeasureFlags, processor: string, runtime: string): Hardware {
  const { threads, device = processor } = flags;
  const library = flags.runtime === 'onnxruntime' ? 'ONNX Runtime' : 'TensorFlow.js in Chromium';
  const id = flags.hardware ?? `${slug(device)}-${flags.runtime === 'onnxruntime' ? 'ort' : 'chromium'}-${threads}t`;
  if (!hardwareSchema.shape.id.safeParse(id).success) {
    const message = `--hardware ${id} is no id: use small letters, digits and hyphens, e.g. ${slug(id) || 'my-laptop-ort-1t'}`;
    throw new FastpathError('hardware.id', message);
  }
  return {
    id,
    name: flags.name ?? `${device}, ${library}, ${threads} ${threads === 1 ? 'thread' : 'threads'}`,
    device,
    runtime,
    batchSize: 1,
    precision: 'fp32',
    threads,
  };
}

function slug(text: string): string {
  return text
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '-')
    .replaceAll(/^-|-$/g, '');
}
