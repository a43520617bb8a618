/** @file The part of the WebAssembly JavaScript interface in use; its types otherwise come with browsers' only. */

export interface Memory {
  readonly buffer: ArrayBuffer;
}

interface WebAssemblyInterface {
  Memory: new (descriptor: { initial: number }) => Memory;
  Module: new (code: Uint8Array<ArrayBuffer>) => object;
  Instance: new (module: object, imports: { env: { memory: Memory } }) => { exports: object };
}

export const { Instance, Memory, Module } = (globalThis as unknown as { WebAssembly: WebAssemblyInterface })
  .WebAssembly;
