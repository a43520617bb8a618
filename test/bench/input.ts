/**
 * @file How fast images come in: read from shards in S3, decoded, augmented for training and made into batches, by the
 * thread that feeds a search; in turn with PyTorch's DataLoader with torchvision and Pillow, which does the same to the
 * same images on a local disk. Both count the processor time of all their threads and processes. And whether memory
 * stays flat over many images.
 *
 *     npx tsx test/bench/input.ts [--quick] [--out FILE]
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
import { imageNetSample, imagenette, type Photographs } from './input/shards.ts';
import { benchArguments, type Measurement, report } from './report.ts';

const resolution = 224;
const batch = 64;
const { quick, out } = benchArguments();
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
  const python = pythonOf(pytorch);
  const rows: Measurement[] = [];
  for (const photographs of [await imageNetSample(folder), await imagenette(folder)]) {
    const feed = await openFeed(photographs, backend.imageAddon);
    rows.push(await speed(photographs, feed, python));
    if (rows.length === 1) rows.push(await steadiness(feed));
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

function loaderOf(feed: Feed): Loader {
  const samples = feed.dataSet.train;
  return feed.loader({ samples, resolution, batchSize: batch, seed: 1, augment: true, streamName: 'bench' });
}

async function take(loader: Loader, first: number, batches: number): Promise<void> {
  const { batchesPerEpoch } = loader;
  for (let at = first; at < first + batches; at++) {
    const { images } = await loader.get(Math.floor(at / batchesPerEpoch), at % batchesPerEpoch);
    loader.recycle(images);
  }
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

async function steadiness(feed: Feed): Promise<Measurement> {
  const loader = loaderOf(feed);
  const batches = Math.ceil(form.steadyImages / batch);
  const rssMb: number[] = [];
  for (let at = 0; at < batches; at++) {
    await take(loader, at, 1);
    rssMb.push(process.memoryUsage.rss() / 1e6);
  }
  await loader.close();
  const tenth = Math.floor(batches / 10);
  const [early, late] = [median(rssMb.slice(tenth, 2 * tenth)), median(rssMb.slice(-tenth))];
  return {
    name: `memory of the whole process, last tenth of ${form.steadyImages} images / second tenth`,
    value: late / early,
    unit: '×',
    target: { atMost: 1.05 },
    note: `medians ${early.toFixed(0)} and ${late.toFixed(0)} MB; highest ${Math.max(...rssMb).toFixed(0)} MB`,
  };
}
