/**
 * @file How fast images come in: read from shards in S3, decoded, augmented for training and made into batches, by the
 * thread that feeds a search; in turn with PyTorch's DataLoader with torchvision and Pillow, which does the same to the
 * same images on a local disk. Both count the processor time of all their threads and processes. And whether memory
 * stays flat over many images.
 *
 *     npx tsx test/bench/input.ts [--quick] [--part speed|memory] [--out FILE]
 */
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { selectBackend } from '../../batch/backend/select.ts';
import type { Loader } from '../../batch/data/batches.ts';
import { Feed } from '../../batch/data/feed.ts';
import { median } from '../../shared/latency/statistics.ts';
import { pythonOf, pytorch } from '../python-environment.ts';
import { batch, loaderOf, resolution, take } from './input/loader.ts';
import { imageNetSample, imagenette, type Photographs } from './input/shards.ts';
import { steadiness } from './input/steadiness.ts';
import { benchArguments, type Measurement, report } from './report.ts';

const { quick, out, part } = benchArguments(process.argv.slice(2), { part: ['speed', 'memory'] });
const form = quick
  ? { rounds: 2, images: 768, steadyImages: 4_000 }
  : { rounds: 6, images: 4_096, steadyImages: 200_000 };

interface Round {
  images: number;
  cpuSeconds: number;
  wallSeconds: number;
}

const folder = await mkdtemp(join(tmpdir(), 'fastpath-bench-input-'));
const serving = new AbortController();
try {
  const backend = await selectBackend();
  const rows: Measurement[] = [];
  const photographs = [await imageNetSample(folder), ...(part === 'memory' ? [] : [await imagenette(folder)])];
  for (const [i, each] of photographs.entries()) {
    const feed = await openFeed(each, backend.imageAddon);
    if (part !== 'memory') rows.push(await speed(each, feed, pythonOf(pytorch)));
    if (part !== 'speed' && i === 0) rows.push(...(await steadiness(feed, form.steadyImages)));
    await feed.close();
  }
  const decoder = backend.imageAddon === null ? 'libvips' : 'TensorFlow';
  report({ bench: 'input', rows, backend: `${backend.line}; images decoded by ${decoder}`, out });
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
} finally {
  serving.abort();
  await rm(folder, { recursive: true, force: true });
}

async function openFeed({ name, shards }: Photographs, imageAddon: string | null): Promise<Feed> {
  const program = join(import.meta.dirname, 'input/object-server.ts');
  const server = spawn(process.execPath, ['--import', 'tsx', program, shards], {
    stdio: ['ignore', 'pipe', 'inherit'],
    signal: serving.signal,
  });
  server.on('error', () => {});
  const [endpoint] = (await once(createInterface({ input: server.stdout }), 'line')) as [string];
  process.env.AWS_ACCESS_KEY_ID = 'bench';
  process.env.AWS_SECRET_ACCESS_KEY = 'bench';
  const location = { endpoint, region: 'us-east-1', cacheDirectory: join(folder, 'cache', name) };
  return Feed.open('s3://bench', location, imageAddon);
}

async function ours(loader: Loader, first: number): Promise<Round> {
  const [start, cpu] = [performance.now(), process.cpuUsage()];
  const batches = Math.ceil(form.images / batch);
  await take(loader, first, batches);
  const { user, system } = process.cpuUsage(cpu);
  const wallSeconds = (performance.now() - start) / 1000;
  return { images: batches * batch, cpuSeconds: (user + system) / 1e6, wallSeconds };
}

function peers(python: string, files: string): Round & { line: string } {
  const sizes = { images: form.images, batch, workers: availableParallelism(), resolution };
  const given = Object.entries(sizes).flatMap(([name, value]) => [`--${name}`, String(value)]);
  const printed = execFileSync(python, [join(import.meta.dirname, 'input/peer.py'), files, ...given]);
  return JSON.parse(printed.toString()) as Round & { line: string };
}

async function speed({ name, files }: Photographs, feed: Feed, python: string): Promise<Measurement> {
  const loader = loaderOf(feed);
  // Code is compiled as it is used, for some hundreds of images; a search reads millions.
  const warmUp = 16;
  await take(loader, 0, warmUp);
  const own: Round[] = [];
  const peer: (Round & { line: string })[] = [];
  for (let round = 0; round < form.rounds; round++) {
    own.push(await ours(loader, warmUp + round * Math.ceil(form.images / batch)));
    peer.push(peers(python, files));
  }
  await loader.close();
  const perCore = (rounds: Round[]) => median(rounds.map(({ images, cpuSeconds }) => images / cpuSeconds));
  const inAll = (rounds: Round[]) => median(rounds.map(({ images, wallSeconds }) => images / wallSeconds)).toFixed(0);
  const [value, baseline] = [perCore(own), perCore(peer)];
  return {
    name: `${name} from S3 to ${resolution} px: images/s per core, ours / PyTorch's`,
    value: value / baseline,
    unit: '×',
    target: { atLeast: 1 },
    note:
      `${value.toFixed(0)} and ${baseline.toFixed(0)} images in a second of processor time; in all ${inAll(own)} and ` +
      `${inAll(peer)} images/s; medians of ${form.rounds} rounds of ${form.images}; ${peer[0]!.line}`,
  };
}
