/** @file The page that `fastpath measure --runtime browser` opens: it offers the runner to whoever drives the browser. */
import { TfjsRunner } from './tfjs-runner.ts';

Object.assign(globalThis, {
  openRunner: (threads: number) => TfjsRunner.open('/wasm/', threads),
});
