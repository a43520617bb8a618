/** @file What this device is called, from what its browser tells, and the hardware that it is with one backend. */
import type { CreateHardware } from '../../../../shared/contract/api/hardware.ts';

export type Backend = 'webgpu' | 'wasm';

export const backendNames: Readonly<Record<Backend, string>> = { webgpu: 'WebGPU', wasm: 'WebAssembly' };

export interface DeviceNames {
  /** e.g. `Pixel 8`, `iPhone`, `Linux computer` */
  device: string;
  /** with its major version, e.g. `Chrome 150` */
  browser: string;
}

/** In this order: later ones stand in the words of earlier ones, too. */
const browsers: readonly (readonly [name: string, version: RegExp])[] = [
  ['Edge', /Edg(?:A|iOS)?\/(\d+)/],
  ['Opera', /OPR\/(\d+)/],
  ['Samsung Internet', /SamsungBrowser\/(\d+)/],
  ['Firefox', /(?:Firefox|FxiOS)\/(\d+)/],
  ['Chrome', /(?:Chrome|CriOS)\/(\d+)/],
  ['Safari', /Version\/(\d+).*Safari/],
];

const systems: readonly (readonly [pattern: RegExp, device: string])[] = [
  [/iPhone/, 'iPhone'],
  [/iPad/, 'iPad'],
  [/Android/, 'Android phone'],
  [/CrOS/, 'Chromebook'],
  [/Macintosh/, 'Mac'],
  [/Windows/, 'Windows PC'],
  [/Linux|X11/, 'Linux computer'],
];

/** Words that browsers put where a model could stand, so as to tell nothing. */
const noModel = /^(K|Mobile|Tablet|wv|rv:.*|Linux.*|U|)$/;

/**
 * @param userAgent as the browser sends it
 * @param model as user-agent client hints tell it, empty where they do not
 */
export function namesOf(userAgent: string, model: string): DeviceNames {
  const [browser, version] = browsers.find(([, pattern]) => pattern.test(userAgent)) ?? ['Browser', /$^/];
  const number = version.exec(userAgent)?.[1];
  const written = /Android [\d.]+; ([^;)]+)/.exec(userAgent)?.[1]?.replace(/ Build\/.*/, '') ?? '';
  const known = [model, written].find((name) => !noModel.test(name));
  const system = systems.find(([pattern]) => pattern.test(userAgent))?.[1] ?? 'Device';
  return { device: known ?? system, browser: number === undefined ? browser : `${browser} ${number}` };
}

/** @param mostCharacters that an id may have */
export function hardwareIdOf({ device, browser }: DeviceNames, backend: Backend, mostCharacters: number): string {
  const end = `-${slug(browser)}-${backend}`;
  const start = `web-${slug(device) || 'device'}`;
  return `${start.slice(0, mostCharacters - end.length).replace(/-$/, '')}${end}`;
}

/**
 * The hardware to measure as.
 * @param library with its version, and the backend
 */
export function hardwareOf(names: DeviceNames, backend: Backend, library: string, id: string): CreateHardware {
  const { device, browser } = names;
  return {
    id,
    name: `${device}, ${browser}, ${backendNames[backend]}`,
    device,
    runtime: `${library}, ${browser}`,
    batchSize: 1,
    precision: 'fp32',
    threads: 1,
  };
}

function slug(text: string): string {
  return text
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '-')
    .replaceAll(/^-|-$/g, '');
}
