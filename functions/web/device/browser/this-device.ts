/** @file What this device is called, from what its browser tells, and the hardware that it is with one backend. */
import type { CreateHardware } from '../../../../shared/contract/api/hardware.ts';

export type Backend = 'webgpu' | 'wasm';

export const backendNames: Readonly<Record<Backend, string>> = { webgpu: 'WebGPU', wasm: 'WebAssembly' };

export interface DeviceNames {
  /** e.g. `Pixel 8`; with the browser's tag where the model is not known: `iPhone k7m2p` */
  device: string;
  /** with its major version, e.g. `Chrome 150` */
  browser: string;
}

/** What a browser tells of the device it runs on. */
export interface Told {
  userAgent: string;
  /** of user-agent client hints, empty where there are none */
  model: string;
  /** fingers that the screen tells apart */
  maxTouchPoints: number;
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
 * Two phones of one model are one device, and so get one name. Where the model is not known the tag keeps devices apart:
 * every iPhone says the same.
 * @param tag of this browser
 */
export function namesOf({ userAgent, model, maxTouchPoints }: Told, tag: string): DeviceNames {
  const [browser, version] = browsers.find(([, pattern]) => pattern.test(userAgent)) ?? ['Browser', /$^/];
  const number = version.exec(userAgent)?.[1];
  const written = /Android [\d.]+; ([^;)]+)/.exec(userAgent)?.[1]?.replace(/ Build\/.*/, '') ?? '';
  const known = [model, written].find((name) => !noModel.test(name));
  return {
    device: known ?? `${systemOf(userAgent, maxTouchPoints)} ${tag}`,
    browser: number === undefined ? browser : `${browser} ${number}`,
  };
}

function systemOf(userAgent: string, maxTouchPoints: number): string {
  const system = systems.find(([pattern]) => pattern.test(userAgent))?.[1] ?? 'Device';
  // Safari on an iPad says that it runs on a Mac; no Mac has a touch screen.
  return system === 'Mac' && maxTouchPoints > 1 ? 'iPad' : system;
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
