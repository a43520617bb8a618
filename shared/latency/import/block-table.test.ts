/** @file Published block tables: keys to parts worked out by hand, units, and rows that are refused or left out. */
import { describe, expect, it } from 'vitest';
import { FastpathError } from '../../errors.ts';
import { isBlockTable, parseBlockTable } from './block-table.ts';

const older = `
Conv-input:224x224x3-output:112x112x40: {count: 60, mean: 4.5, var: 0.04}
expanded_conv-input:112x112x40-output:112x112x24-expand:1-kernel:3-stride:1-idskip:0:
  count: 61
  mean: 6.25
  var: 0
expanded_conv-input:112x112x16-output:56x56x24-expand:3-kernel:5-stride:2-idskip:0: {count: 3, mean: 9, var: 1}
expanded_conv-input:7x7x192-output:7x7x192-expand:6-kernel:7-stride:1-idskip:1: {count: 3, mean: 3, var: 1}
Conv_1-input:7x7x320-output:7x7x1280: {count: 3, mean: 5, var: 1}
Logits-input:7x7x1280-output:1000: {count: 3, mean: 2, var: 1}
`;

const newer = `
expanded_conv-input:56x56x24-output:28x28x40-expand:72-kernel:5-stride:2-idskip:0-se:0-hs:0: {mean: 2, std: 0.5, count: 9}
expanded_conv-input:56x56x24-output:56x56x24-expand:24-kernel:3-stride:1-idskip:1-se:0-hs:0: {mean: 1, std: 0.5, count: 9}
expanded_conv-input:56x56x24-output:28x28x40-expand:96-kernel:5-stride:2-idskip:0-se:1-hs:0: {mean: 2, std: 0.5, count: 9}
expanded_conv-input:56x56x24-output:28x28x40-expand:96-kernel:5-stride:2-idskip:0-se:0-hs:1: {mean: 2, std: 0.5, count: 9}
AvgPool2D-input:7x7x960-output:1x1x960: {mean: 0.2, std: 0.1, count: 9}
Conv_2-input:1x1x960-output:1x1x1280: {mean: 0.4, std: 0.1, count: 9}
Logits-input:1x1x1280-output:1000: {mean: 1, std: 0.1, count: 9}
`;

describe('a published block table', () => {
  it('maps the older keys, milliseconds and variances', () => {
    expect(isBlockTable(older)).toBe(true);
    const { parts, skipped, overheadUs } = parseBlockTable(older);
    expect(parts.map(({ signature, latencyUs, count }) => [signature, latencyUs, count])).toEqual([
      ['stem-k3-s2-o40-r224', 4500, 60],
      ['mbconv-k3-e1-s1-i40-o24-r112', 6250, 61],
      ['mbconv-k5-e3-s2-i16-o24-r112', 9000, 3],
      ['mbconv-k7-e6-s1-i192-o192-r7-id', 3000, 3],
      ['head-i320-o1280-r7', 5000, 3],
      ['classifier-i1280-c1000', 2000, 3],
    ]);
    // √0.04 ms² is 200 µs, and a median absolute deviation is 1/1.4826 of that
    expect(parts[0]!.spreadUs).toBeCloseTo(134.898, 3);
    expect(parts[1]!.spreadUs).toBe(0);
    expect(skipped).toEqual([]);
    expect(overheadUs).toBeNull();
  });

  it('maps the newer keys, whose `expand` is the hidden width, and says what has no equal', () => {
    expect(isBlockTable(newer)).toBe(true);
    const { parts, skipped } = parseBlockTable(newer);
    expect(parts.map(({ signature }) => signature)).toEqual([
      'mbconv-k5-e3-s2-i24-o40-r56',
      'mbconv-k3-e1-s1-i24-o24-r56-id',
      'classifier-i1280-c1000',
    ]);
    expect(parts[0]!.spreadUs).toBeCloseTo(500 / 1.4826, 9);
    expect(skipped).toEqual([
      { reason: 'blocks with squeeze-and-excitation', rows: 1 },
      { reason: 'blocks with h-swish', rows: 1 },
      { reason: 'AvgPool2D is in no network of ours', rows: 1 },
      { reason: 'Conv_2 is in no network of ours', rows: 1 },
    ]);
  });
});

const good = 'Conv_1-input:7x7x320-output:7x7x1280: {count: 3, mean: 5, var: 1}';
const block = (key: string, value = '{count: 3, mean: 5, var: 1}') => `expanded_conv-${key}: ${value}`;
const head = (value: string) => `Conv_1-input:7x7x96-output:7x7x1280: ${value}`;

describe('what is refused, with its line', () => {
  it.each([
    [head('{count: 3, mean: -5, var: 1}'), /mean is -5, and must be over 0/],
    [head('{count: 3, mean: 0, var: 1}'), /mean is 0, and must be over 0/],
    [head('{count: 3, mean: .nan, var: 1}'), /mean is no number: "NaN"/],
    [head('{count: 3, mean: .inf, var: 1}'), /mean is no number/],
    [head('{count: 3, mean: fast, var: 1}'), /mean is no number: "fast"/],
    [head('{count: 3, mean: true}'), /mean is no number/],
    [head('{count: 3, mean: [1]}'), /mean is no number/],
    [head('{count: 3, mean: , var: 1}'), /mean is missing/],
    [head('{count: 3, var: 1}'), /mean is missing/],
    [head('{count: 3, mean: 5, var: -1}'), /var is -1, and must be 0 or more/],
    [head('{count: 0, mean: 5}'), /count is 0/],
    [head('{count: 1.5, mean: 5}'), /count is 1\.5/],
    [head('5'), /has no timing \{mean, count, var\}/],
    [good, /unique|already/i],
    ['Conv_1-input:7x7x320: {mean: 5}', /is no key of a block table/],
    ['Conv_1-input:7x7-output:7x7: {mean: 5}', /is no key of a block table/],
    ['Logits-input:7x7x1280-output:1x1x1000: {mean: 5}', /is no key of a block table/],
    ['Conv-input:224x224x3-output:100x100x32: {mean: 5}', /gives 100 pixels where its input gives 112/],
    [block('input:8x8x8-output:8x8x8-expand:3-kernel:3-stride:2-idskip:0'), /gives 8 pixels where its input gives 4/],
    [block('input:8x8x8-output:8x8x16-expand:3-kernel:3-stride:1-idskip:1'), /shortcut between tensors/],
    [block('input:8x8x8-output:8x8x8-expand:3-kernel:3-stride:1'), /has no idskip/],
    [block('input:8x8x8-output:8x8x8-expand:0-kernel:3-stride:1-idskip:0'), /is no block/],
    ['other: {mean: 5}', /is no key of a block table/],
    [head('{count: 3, mean: 5'), /./],
  ])('%s', (row, problem) => {
    const refused = () => parseBlockTable(`${good}\n${row}\n`);
    expect(refused).toThrow(FastpathError);
    expect(refused).toThrow(problem);
    expect(refused).toThrow(/^line [23]: .*; nothing was imported$/);
  });

  it('names the very line, comments and empty lines counted', () => {
    const text = `# device\n\n${good}\n${head('\n  count: 3\n  mean: -1')}\n`;
    expect(() => parseBlockTable(text)).toThrow(/^line 4: /);
  });

  it('leaves out kernels and strides that no block of ours has', () => {
    const rows = [
      good,
      block('input:8x8x8-output:8x8x8-expand:3-kernel:9-stride:1-idskip:0'),
      block('input:8x8x8-output:2x2x8-expand:3-kernel:3-stride:4-idskip:0'),
      'Conv_1-input:7x9x320-output:7x9x1280: {mean: 5}',
    ];
    const { parts, skipped } = parseBlockTable(rows.join('\n'));
    expect(parts).toHaveLength(1);
    expect(skipped.map(({ reason }) => reason)).toEqual(['blocks of kernel 9', 'blocks of stride 4', 'not square']);
  });
});
