/** @file Which backend the tests of this folder are about: WebAssembly, or what FASTPATH_TEST_BACKEND names. */
import type { BackendName } from './select.ts';

export const testBackend = (process.env.FASTPATH_TEST_BACKEND ?? 'wasm') as BackendName;
