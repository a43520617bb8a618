import fc from 'fast-check';
import { expect, it } from 'vitest';
import { decodeState, encodeState } from './session-state.ts';

const samples = fc.array(fc.double({ min: 0, noNaN: true, noDefaultInfinity: true }), { maxLength: 40 });

it('gives back what was written, to the last bit', () => {
  fc.assert(
    fc.property(samples, fc.string(), (samplesUs, key) => {
      const read = decodeState(encodeState(key, samplesUs), key, 40);
      // -0 is written as 0.
      expect(read).toEqual(samplesUs.map((us) => us + 0));
    }),
  );
});

it('never reads a part of a state, nor anything else', () => {
  fc.assert(
    fc.property(samples, fc.nat(), (samplesUs, cut) => {
      const bytes = encodeState('k', samplesUs);
      expect(decodeState(bytes.subarray(0, cut % bytes.length), 'k', 40)).toBeNull();
    }),
  );
  fc.assert(
    fc.property(fc.uint8Array(), (bytes) => {
      expect(decodeState(bytes, 'k', 40)).toBeNull();
    }),
  );
});

it.each([
  ['of another schedule', encodeState('other', [1])],
  ['longer than the schedule', encodeState('k', [1, 2, 3])],
  ['with a negative timing', encodeState('k', [-1])],
])('is nothing to go on from: %s', (_, bytes) => {
  expect(decodeState(bytes, 'k', 2)).toBeNull();
});
