import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createHardwareSchema } from '../../../../shared/contract/api/hardware.ts';
import { latencyLimits } from '../../../../shared/contract/latency-limits.ts';
import { hardwareIdOf, hardwareOf, namesOf } from './this-device.ts';

const most = latencyLimits.hardwareIdCharacters;

const tag = 'k7m2p';

test.each([
  [
    'Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/150.0.0.0 Mobile Safari/537.36',
    'Pixel 8',
    { device: 'Pixel 8', browser: 'Chrome 150' },
  ],
  [
    'Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/150.0.0.0 Mobile Safari/537.36',
    '',
    { device: 'Android phone k7m2p', browser: 'Chrome 150' },
  ],
  [
    'Mozilla/5.0 (Linux; Android 13; SM-S911B Build/TP1A.220624.014) AppleWebKit/537.36 (KHTML, like Gecko) SamsungBrowser/21.0 Chrome/110.0.5481.154 Mobile Safari/537.36',
    '',
    { device: 'SM-S911B', browser: 'Samsung Internet 21' },
  ],
  [
    'Mozilla/5.0 (Android 14; Mobile; rv:140.0) Gecko/140.0 Firefox/140.0',
    '',
    { device: 'Android phone k7m2p', browser: 'Firefox 140' },
  ],
  [
    'Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.5 Mobile/15E148 Safari/604.1',
    '',
    { device: 'iPhone k7m2p', browser: 'Safari 18' },
  ],
  [
    'Mozilla/5.0 (iPad; CPU OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) CriOS/150.0.1 Mobile/15E148 Safari/604.1',
    '',
    { device: 'iPad k7m2p', browser: 'Chrome 150' },
  ],
  [
    'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/150.0.0.0 Safari/537.36 Edg/150.0.0.0',
    '',
    { device: 'Windows PC k7m2p', browser: 'Edge 150' },
  ],
  ['curl/8.5.0', '', { device: 'Device k7m2p', browser: 'Browser' }],
])('%s', (userAgent, model, names) => {
  expect(namesOf({ userAgent, model, maxTouchPoints: 0 }, tag)).toEqual(names);
});

test('an iPad whose Safari says Macintosh is told from a Mac by its touch screen', () => {
  const userAgent =
    'Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.5 Safari/605.1.15';
  const device = (maxTouchPoints: number) => namesOf({ userAgent, model: '', maxTouchPoints }, tag).device;
  expect([device(0), device(5)]).toEqual(['Mac k7m2p', 'iPad k7m2p']);
});

test('two devices that tell the same are two hardware, unless they tell their model', () => {
  const idsOf = (model: string) =>
    new Set(
      ['aaaaa', 'bbbbb'].map((own) => {
        const names = namesOf(
          { userAgent: 'Mozilla/5.0 (iPhone) Version/18.5 Safari/604.1', model, maxTouchPoints: 5 },
          own,
        );
        return hardwareIdOf(names, 'wasm', most);
      }),
    );
  expect([idsOf('').size, idsOf('Pixel 8').size]).toEqual([2, 1]);
});

test('the id says device, browser and backend, one for each backend', () => {
  const names = { device: 'Pixel 8 Pro', browser: 'Chrome 150' };
  expect(hardwareIdOf(names, 'webgpu', most)).toBe('web-pixel-8-pro-chrome-150-webgpu');
  expect(hardwareIdOf(names, 'wasm', most)).toBe('web-pixel-8-pro-chrome-150-wasm');
});

test('whatever a device is called, the API takes its hardware', () => {
  const text = fc.string({ minLength: 1, maxLength: 80, unit: 'grapheme' }).filter((name) => name.trim() !== '');
  fc.assert(
    fc.property(text, fc.constantFrom('webgpu' as const, 'wasm' as const), (device, backend) => {
      const names = { device: device.trim().slice(0, 80), browser: 'Samsung Internet 21' };
      const hardware = hardwareOf(names, backend, 'onnxruntime-web 1.30.0, WebGPU', hardwareIdOf(names, backend, most));
      expect(createHardwareSchema.safeParse(hardware).error?.message).toBeUndefined();
    }),
  );
});
