/** @file What the measuring page loads besides its style: its own scripts, and ONNX Runtime as its package has it. */
import { readFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import { dependencies } from '../../../package.json';
import { findFile } from '../../../shared/find-file.ts';
import { link } from '../links.ts';

export interface PageFile {
  /** what it is asked for by */
  address: string;
  /** from the folder of the program: where that runs alone, it has to lie beside it */
  path: string;
  type: string;
  /** its address changes with what is in it */
  immutable: boolean;
  /** where it lies on this machine. Throws FastpathError `program.incomplete` where the scripts are not built */
  place(): string;
  /** gzipped; made once and held. Throws what `place` throws */
  read(): Promise<Uint8Array<ArrayBuffer>>;
}

const version = dependencies['onnxruntime-web'];

/** The library that times, with its version. */
export const library = `onnxruntime-web ${version}`;
/** Addresses of the page's script, of the worker's, and of the library's folder. */
export const script = link('/measure/main.js');
export const worker = link('/measure/worker.js');
export const runtimeFolder = link(`/measure/onnxruntime-web-${version}/`);

const runtimeFiles = [
  ...['ort.wasm.min.mjs', 'ort-wasm-simd-threaded.mjs', 'ort-wasm-simd-threaded.wasm'],
  ...['ort.webgpu.min.mjs', 'ort-wasm-simd-threaded.asyncify.mjs', 'ort-wasm-simd-threaded.asyncify.wasm'],
];

export const pageFiles: readonly PageFile[] = [
  file(script, 'functions/web/device/browser/main.js', false),
  file(worker, 'functions/web/device/browser/worker.js', false),
  ...runtimeFiles.map((name) => file(runtimeFolder + name, `node_modules/onnxruntime-web/dist/${name}`, true)),
];

function file(address: string, path: string, immutable: boolean): PageFile {
  const place = () => findFile(path, `.dist/${path}`);
  let zipped: Promise<Uint8Array<ArrayBuffer>> | undefined;
  const zip = async () => promisify(gzip)(await readFile(place()));
  return {
    address,
    path,
    type: path.endsWith('.wasm') ? 'application/wasm' : 'text/javascript',
    immutable,
    place,
    read: async () => {
      zipped ??= zip();
      try {
        return await zipped;
      } catch (error) {
        zipped = undefined;
        throw error;
      }
    },
  };
}
