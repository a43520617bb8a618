/**
 * @file Chooses the fastest backend that is here: TensorFlow on a GPU, TensorFlow on the CPU, WebAssembly, and
 * plain JavaScript only when asked for or when all else fails. Everything else in `batch/` is blind to the choice.
 */
import { engine, ready, setBackend } from '@tensorflow/tfjs-core';
import { FastpathError } from '../../shared/errors.ts';
import { registerCpuKernels } from './cpu/register.ts';
import { collectEarly } from './garbage.ts';
import { wantedThreads } from './native/addon.ts';
import { registerNativeKernels } from './native/choose-kernels.ts';
import { imageAddonFile } from './native/image-addon.ts';
import { tensorflowOf } from './native/tensorflow.ts';
import { prepareWasm } from './wasm/register.ts';

export type BackendName = 'wasm' | 'cpu' | 'tensorflow';

export interface SelectedBackend {
  name: BackendName;
  /** One line that says which backend runs and why. */
  line: string;
  /** Compiled code that decodes images by the library that the backend has loaded, or null. */
  imageAddon: string | null;
  onGpu: boolean;
}

interface Rung {
  name: BackendName;
  label: string;
  /** Makes the backend active and says which of its kernels run, where it has several; throws when it cannot be used. */
  start(): Promise<string | undefined>;
}

const ladder: readonly Rung[] = [
  { name: 'tensorflow', label: '@tensorflow/tfjs-node-gpu', start: () => startNative('@tensorflow/tfjs-node-gpu') },
  { name: 'tensorflow', label: '@tensorflow/tfjs-node', start: () => startNative('@tensorflow/tfjs-node') },
  { name: 'wasm', label: 'WebAssembly (SIMD, one thread)', start: startWasm },
  { name: 'cpu', label: 'plain JavaScript (slow, for tests)', start: startCpu },
];

/** Another backend in place of the one with such a fault would hide what is easily put right. */
const neverHidden = new Set(['backend.kernels-missing', 'backend.kernels', 'backend.threads']);

/**
 * Makes the best backend active, or the preferred one.
 * @throws FastpathError `backend.unavailable` when none (of the preferred kind) can be used,
 *   `backend.kernels-missing` when those of WebAssembly, or those that FASTPATH_KERNELS insists on, were not compiled,
 *   `backend.kernels` and `backend.threads` when a setting makes no sense
 */
export async function selectBackend(prefer?: BackendName): Promise<SelectedBackend> {
  collectEarly();
  const reasons: string[] = [];
  for (const rung of ladder) {
    if (prefer !== undefined && rung.name !== prefer) continue;
    let kernels: string | undefined;
    try {
      kernels = await rung.start();
    } catch (error) {
      if (error instanceof FastpathError && neverHidden.has(error.code)) throw error;
      reasons.push(`${rung.label} ${reasonOf(error)}`);
      continue;
    }
    const why = prefer === undefined ? reasons.join('; ') || 'the fastest there is' : 'as asked';
    const running = kernels === undefined ? rung.label : `${rung.label} with ${kernels}`;
    const imageAddon = rung.name === 'tensorflow' ? imageAddonFile() : null;
    const onGpu = rung.name === 'tensorflow' && tensorflowOf(engine().backend).onGpu;
    return { name: rung.name, imageAddon, onGpu, line: `Backend: ${running} (${why})` };
  }
  const install = prefer === 'tensorflow' ? 'npm run setup:native' : 'npm ci';
  throw new FastpathError(
    'backend.unavailable',
    `No ${prefer ?? 'usable'} backend: ${reasons.join('; ')}. Run ${install}, or choose another backend`,
  );
}

function reasonOf(error: unknown): string {
  const code = (error as { code?: unknown }).code;
  if (code === 'ERR_MODULE_NOT_FOUND' || code === 'MODULE_NOT_FOUND') return 'is not installed';
  const message = error instanceof Error ? error.message : String(error);
  return `cannot be used: ${message.split('\n')[0]}`;
}

/** The native packages name their backend `tensorflow` and register it when imported. */
async function startNative(packageName: string): Promise<string> {
  // Warnings and worse: TensorFlow greets each process at length.
  process.env.TF_CPP_MIN_LOG_LEVEL ??= '2';
  const threads = wantedThreads();
  if (threads !== null) process.env.TF_NUM_INTRAOP_THREADS ??= String(threads);
  await import(packageName);
  await activate('tensorflow');
  return registerNativeKernels();
}

async function startWasm(): Promise<undefined> {
  await import('@tensorflow/tfjs-backend-wasm');
  await activate('wasm');
  prepareWasm();
}

async function startCpu(): Promise<undefined> {
  await import('@tensorflow/tfjs-backend-cpu');
  registerCpuKernels();
  await activate('cpu');
}

async function activate(name: BackendName): Promise<void> {
  if (!(await setBackend(name))) throw new Error('its initialisation failed');
  await ready();
}
