/**
 * @file ONNX Runtime's session profile: a JSON array of trace events, times in whole microseconds. Every call ends with
 * the event `model_run` of category `Session`, behind one `NAME_kernel_time` of category `Node` for each node that ran.
 *
 * Networks that Fastpath wrote name their nodes by part (`block 3/depthwise`). Graph optimisation fuses nodes and keeps
 * the first name in front; nodes that it adds (changes of layout) have none and count to the part that ran before them.
 * It also pads channels, so that the shapes do not always tell the architecture: it may be given beside the profile.
 */
import type { Architecture } from '../../contract/architecture.ts';
import { FastpathError } from '../../errors.ts';
import { type NamedPart, partsOf } from '../part.ts';
import { signatureOf } from '../signature.ts';
import { median, medianAbsoluteDeviation } from '../statistics.ts';
import { badRow, type ImportedRows, type PartRow, Skipped } from './rows.ts';
import { type ProfiledNode, profiledArchitecture } from './runtime-profile-architecture.ts';

interface TraceEvent extends ProfiledNode {
  cat: string;
  /** microseconds */
  dur: number;
}

interface Run {
  wholeUs: number;
  nodes: TraceEvent[];
}

export function isRuntimeProfile(json: unknown): boolean {
  return Array.isArray(json) && json.some((event) => event?.cat === 'Session' || event?.cat === 'Node');
}

/**
 * @param given architecture of the network that was profiled; null: what the shapes tell
 * @throws FastpathError `import.bad-row`, which names the event; `import.no-runs`; `import.needs-architecture`;
 * `import.other-network` where the profile is of another network
 */
export function parseRuntimeProfile(json: unknown, given: Architecture | null): ImportedRows {
  const runs = runsOf((json as unknown[]).map(eventOf));
  if (runs.length === 0) {
    throw new FastpathError('import.no-runs', 'the profile has no model_run: profile at least one call of the network');
  }
  const architecture = given ?? profiledArchitecture(runs[0]!.nodes);
  if (architecture === null) {
    const message = 'the profile does not tell the architecture: give it with --architecture FILE';
    throw new FastpathError('import.needs-architecture', message);
  }
  // The first call allocates memory.
  const used = runs.length === 1 ? runs : runs.slice(1);
  const wholeUs = used.map((run) => run.wholeUs);
  const latencyUs = median(wholeUs);
  const network = { architecture, latencyUs, spreadUs: medianAbsoluteDeviation(wholeUs) };
  const result = { format: 'onnxruntime-profile', networks: [network] } as const;
  if (!used[0]!.nodes.some(({ name }) => partName(name) !== null)) {
    const skipped = new Skipped();
    for (const _ of used[0]!.nodes) skipped.add('nodes that name no block: only the whole network counts');
    return { ...result, networks: [network], parts: [], overheadUs: null, skipped: skipped.list() };
  }
  const parts = partsOf(architecture);
  const samples = used.map((run) => samplesOf(run, parts));
  const rows = parts.map(({ part }, i) =>
    rowOf(
      signatureOf(part),
      samples.map((each) => each[i]!),
    ),
  );
  const sumUs = rows.reduce((sum, row) => sum + row.latencyUs, 0);
  return {
    ...result,
    networks: [network],
    parts: joined(rows),
    overheadUs: Math.max(0, latencyUs - sumUs),
    skipped: [],
  };
}

function eventOf(event: unknown, index: number): TraceEvent {
  const { cat, name, dur, args } = Object(event) as Record<string, unknown>;
  const place = `event ${index + 1}${typeof name === 'string' ? ` (${name})` : ''}`;
  if (typeof cat !== 'string' || typeof name !== 'string') throw badRow(place, 'it has no name and category');
  if (typeof dur !== 'number' || !(dur >= 0 && dur < Number.POSITIVE_INFINITY)) {
    throw badRow(place, `its duration is ${JSON.stringify(dur) ?? 'missing'}, and must be 0 or more microseconds`);
  }
  if (name === 'model_run' && dur === 0) throw badRow(place, 'a call of 0 microseconds cannot be');
  const inputs = Object(args).input_type_shape;
  const shapes = Array.isArray(inputs) ? inputs.flatMap((input) => Object.values(Object(input)) as number[][]) : [];
  return { cat, name, dur, shapes };
}

function runsOf(events: readonly TraceEvent[]): Run[] {
  const runs: Run[] = [];
  let nodes: TraceEvent[] = [];
  for (const event of events) {
    if (event.cat === 'Node' && event.name.endsWith('_kernel_time')) nodes.push(event);
    if (event.cat !== 'Session' || event.name !== 'model_run') continue;
    runs.push({ wholeUs: event.dur, nodes });
    nodes = [];
  }
  const first = runs[0]?.nodes.length;
  if (runs.every((run) => run.nodes.length === first)) return runs;
  throw new FastpathError('import.other-network', 'the calls in the profile overlap or differ: profile one at a time');
}

/** Microseconds of each part in one call. */
function samplesOf({ nodes }: Run, parts: readonly NamedPart[]): number[] {
  const sums = new Map<string, number>();
  let current = nodes.map(({ name }) => partName(name)).find((name) => name !== null)!;
  for (const node of nodes) {
    current = partName(node.name) ?? current;
    sums.set(current, (sums.get(current) ?? 0) + node.dur);
  }
  const known = new Set(parts.map(({ name }) => name));
  const strange = [...sums.keys()].find((name) => !known.has(name)) ?? parts.find(({ name }) => !sums.has(name))?.name;
  if (strange !== undefined) {
    throw otherNetwork(`${strange} is in only one of the two`);
  }
  for (const { name, part } of parts) if (part.kind !== 'classifier') checkShape(name, part, nodes);
  return parts.map(({ name }) => sums.get(name)!);
}

function checkShape(
  name: string,
  part: Exclude<NamedPart['part'], { kind: 'classifier' }>,
  nodes: readonly TraceEvent[],
): void {
  const own = nodes.filter((node) => partName(node.name) === name);
  const side = own[0]?.shapes[0]?.[2];
  if (side !== undefined && side !== part.inputSize) {
    throw otherNetwork(`${name} has ${side} pixels in the profile, ${part.inputSize} in the architecture`);
  }
  const kernel = own.find((node) => node.name.startsWith(`${name}/depthwise`))?.shapes[1]?.[3];
  if (part.kind === 'mbconv' && kernel !== undefined && kernel !== part.block.kernel) {
    throw otherNetwork(`${name} has kernel ${kernel} in the profile, ${part.block.kernel} in the architecture`);
  }
}

function otherNetwork(difference: string): FastpathError {
  return new FastpathError('import.other-network', `the profile is not of this architecture: ${difference}`);
}

function partName(node: string): string | null {
  return /^(stem|block \d+|head|classifier)\//.exec(node)?.[1] ?? null;
}

function rowOf(signature: string, samplesUs: readonly number[]): PartRow {
  return {
    signature,
    latencyUs: median(samplesUs),
    spreadUs: medianAbsoluteDeviation(samplesUs),
    count: samplesUs.length,
  };
}

/** Equal parts as one row with their mean, which keeps the sum over the network. */
function joined(rows: readonly PartRow[]): PartRow[] {
  const mean = (values: number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
  return [...new Set(rows.map(({ signature }) => signature))].map((signature) => {
    const equal = rows.filter((row) => row.signature === signature);
    return {
      signature,
      latencyUs: mean(equal.map((row) => row.latencyUs)),
      spreadUs: mean(equal.map((row) => row.spreadUs)),
      count: equal.reduce((sum, row) => sum + row.count, 0),
    };
  });
}
