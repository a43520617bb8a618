import { describe, expect, it } from 'vitest';
import type { Architecture, MbconvBlock } from '../contract/architecture.ts';
import { parseArchitecture } from './parse.ts';

const architecture: Architecture = {
  format: 'fastpath.architecture/1',
  resolution: 32,
  classes: 4,
  stem: { kernel: 3, stride: 2, channels: 16 },
  blocks: [
    { op: 'mbconv', kernel: 3, expansion: 1, stride: 1, in: 16, out: 8, shortcut: false },
    { op: 'mbconv', kernel: 5, expansion: 3, stride: 2, in: 8, out: 24, shortcut: false },
    { op: 'mbconv', kernel: 7, expansion: 6, stride: 1, in: 24, out: 24, shortcut: true },
  ],
  head: { channels: 64 },
};

/** The architecture with one block (from 1) changed. */
function withBlock(number: number, change: Partial<Record<keyof MbconvBlock, unknown>>): object {
  const blocks = architecture.blocks.map((block, i) => (i === number - 1 ? { ...block, ...change } : block));
  return { ...architecture, blocks };
}

describe('parseArchitecture', () => {
  it('takes any list of blocks whose widths fit, with or without the name of a space', () => {
    expect(parseArchitecture(architecture)).toEqual(architecture);
    expect(parseArchitecture({ ...architecture, space: 'mine' })).toEqual({ ...architecture, space: 'mine' });
    expect(parseArchitecture(withBlock(3, { shortcut: false }))).toEqual(withBlock(3, { shortcut: false }));
  });

  it.each([
    [withBlock(1, { in: 8 }), 'block 1: in must be 16, what the stem puts out, not 8'],
    [withBlock(3, { in: 16 }), 'block 3: in must be 24, what block 2 puts out, not 16'],
    [withBlock(2, { shortcut: true }), 'block 2: shortcut needs stride 1, not 2'],
    [withBlock(1, { shortcut: true }), 'block 1: shortcut needs equal widths, not in 16 and out 8'],
    [withBlock(2, { expansion: 0.05 }), 'block 2: expansion 0.05 leaves no hidden channel'],
    [withBlock(2, { kernel: 4 }), 'block 2: kernel must be 3, 5 or 7, not 4'],
    [withBlock(3, { stride: '1' }), 'block 3: stride must be 1 or 2, not "1"'],
    [withBlock(1, { shortcut: undefined }), 'block 1: shortcut is missing'],
    [withBlock(1, { op: 'zero' }), 'block 1: op must be mbconv, not "zero"'],
    [{ ...architecture, blocks: [] }, 'blocks must hold at least 1, not []'],
    [{ ...architecture, classes: 1 }, 'classes must be at least 2, not 1'],
    [{ ...architecture, head: { channels: 0.5 } }, 'head.channels must be a whole number, not 0.5'],
    [{ ...architecture, weights: 'file' }, 'weights is not a known field'],
  ])('names block and field (%#)', (json, problem) => {
    expect(() => parseArchitecture(json)).toThrow(
      expect.objectContaining({ code: 'architecture.invalid', message: `architecture: ${problem}` }),
    );
  });

  it('refuses a resolution that does not fit the strides and says which do', () => {
    expect(() => parseArchitecture({ ...architecture, resolution: 30 })).toThrow(
      expect.objectContaining({
        code: 'architecture.resolution',
        message: 'architecture: resolution 30 is not a multiple of the total stride 4: use 28 or 32',
      }),
    );
  });

  it('says so where the whole thing is no object', () => {
    expect(() => parseArchitecture('a path?')).toThrow('architecture must be an object, not "a path?"');
  });
});
