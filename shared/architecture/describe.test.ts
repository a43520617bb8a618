import { describe, expect, it } from 'vitest';
import type { Architecture, MbconvBlock } from '../contract/architecture.ts';
import { findSpace } from '../space/built-in.ts';
import { planSupernet } from '../space/make-plan.ts';
import { pathToArchitecture } from '../space/path.ts';
import { blockPeakActivationBytes, describe as describeArchitecture, macsOf, parametersOf } from './describe.ts';
import { parseArchitecture } from './parse.ts';

/** MobileNetV2 at 224 pixels, as the table of its paper gives it: expansion, channels, repeats, stride. */
function mobileNetV2(): Architecture {
  const blocks: MbconvBlock[] = [];
  let channels = 32;
  for (const [expansion, out, repeats, firstStride] of [
    [1, 16, 1, 1],
    [6, 24, 2, 2],
    [6, 32, 3, 2],
    [6, 64, 4, 2],
    [6, 96, 3, 1],
    [6, 160, 3, 2],
    [6, 320, 1, 1],
  ] as const) {
    for (let i = 0; i < repeats; i++) {
      const stride = i === 0 ? firstStride : 1;
      blocks.push({ op: 'mbconv', kernel: 3, expansion, stride, in: channels, out, shortcut: i > 0 });
      channels = out;
    }
  }
  return {
    format: 'fastpath.architecture/1',
    resolution: 224,
    classes: 1000,
    stem: { kernel: 3, stride: 2, channels: 32 },
    blocks,
    head: { channels: 1280 },
  };
}

describe('MobileNetV2', () => {
  const described = describeArchitecture(parseArchitecture(mobileNetV2()));

  it('has the published size: 300 M multiply-adds, 3.4 to 3.5 M parameters', () => {
    expect(described.macs / 1e6).toBeCloseTo(300, -1);
    expect(described.parameters).toBeGreaterThan(3.4e6);
    expect(described.parameters).toBeLessThan(3.55e6);
  });

  it('has exactly the counts that adding up its layers by hand gives', () => {
    // Positions (side²) times weights, layer by layer; a strided block expands at its input's side.
    const macs = [
      112 ** 2 * (27 * 32), // stem
      112 ** 2 * (9 * 32 + 32 * 16), // 32→16, no expansion
      112 ** 2 * (16 * 96) + 56 ** 2 * (9 * 96 + 96 * 24), // 16→24
      56 ** 2 * (24 * 144 + 9 * 144 + 144 * 24), // 24→24
      56 ** 2 * (24 * 144) + 28 ** 2 * (9 * 144 + 144 * 32), // 24→32
      2 * 28 ** 2 * (32 * 192 + 9 * 192 + 192 * 32), // 32→32 twice
      28 ** 2 * (32 * 192) + 14 ** 2 * (9 * 192 + 192 * 64), // 32→64
      3 * 14 ** 2 * (64 * 384 + 9 * 384 + 384 * 64), // 64→64 three times
      14 ** 2 * (64 * 384 + 9 * 384 + 384 * 96), // 64→96
      2 * 14 ** 2 * (96 * 576 + 9 * 576 + 576 * 96), // 96→96 twice
      14 ** 2 * (96 * 576) + 7 ** 2 * (9 * 576 + 576 * 160), // 96→160
      2 * 7 ** 2 * (160 * 960 + 9 * 960 + 960 * 160), // 160→160 twice
      7 ** 2 * (160 * 960 + 9 * 960 + 960 * 320), // 160→320
      7 ** 2 * (320 * 1280), // head
      1280 * 1000, // classifier
    ];
    expect(described.macs).toBe(macs.reduce((sum, part) => sum + part));
    expect(described.macs).toBe(300_774_272);
    // What common frameworks count for their own MobileNetV2.
    expect(described.parameters).toBe(3_504_872);
  });

  it('peaks at the depthwise of 16→24, 96 channels of 112×112 in and of 56×56 out', () => {
    expect(described.peakActivationBytes).toBe(4 * (96 * 12_544 + 96 * 3136));
    expect(described.blocks.find((block) => block.activationBytes === described.peakActivationBytes)!.name).toBe(
      'block 2',
    );
  });
});

describe('the all-k3e3 path of mobile-inverted-residual', () => {
  const plan = planSupernet(findSpace('mobile-inverted-residual'), { resolution: 224, classes: 1000 });
  const k3e3 = plan.blocks.map(({ candidates }) =>
    candidates.findIndex(
      (candidate) => candidate.op === 'mbconv' && candidate.kernel === 3 && candidate.expansion === 3,
    ),
  );
  const described = describeArchitecture(pathToArchitecture(plan, k3e3));

  // Multiply-adds = positions · weights; parameters = weights + 2 for each channel that a batch norm follows.
  // Worked out on paper for one block of each kind; h is the hidden width 3 · in.
  const stem = [10_838_016, 928]; // 12544·27·32; 864 + 64
  const first = [10_035_200, 896]; // 12544·(288 + 512); 288 + 64 + 512 + 32
  const s1 = [14_601_216, 2592]; // h 48: 12544·768 + 3136·(432 + 1152); 768+96 + 432+96 + 1152+48
  const r1 = [12_870_144, 4440]; // h 72: 3136·(1728 + 648 + 1728); 1728+144 + 648+144 + 1728+48
  const s2 = [8_184_960, 5624]; // h 72: 3136·1728 + 784·(648 + 2880); 1728+144 + 648+144 + 2880+80
  const r2 = [8_373_120, 11_240]; // h 120: 784·(4800 + 1080 + 4800); 4800+240 + 1080+240 + 4800+80
  const s3 = [5_856_480, 16_120]; // h 120: 784·4800 + 196·(1080 + 9600); 4800+240 + 1080+240 + 9600+160
  const r3 = [7_949_760, 41_680]; // h 240: 196·(19200 + 2160 + 19200); 19200+480 + 2160+480 + 19200+160
  const s4 = [8_702_400, 45_552]; // h 240: 196·(19200 + 2160 + 23040); 19200+480 + 2160+480 + 23040+192
  const r4 = [11_346_048, 59_232]; // h 288: 196·(27648 + 2592 + 27648); 27648+576 + 2592+576 + 27648+192
  const s5 = [8_255_520, 87_072]; // h 288: 196·27648 + 49·(2592 + 55296); 27648+576 + 2592+576 + 55296+384
  const r5 = [11_092_032, 229_056]; // h 576: 49·(110592 + 5184 + 110592); 110592+1152 + 5184+1152 + 110592+384
  const s6 = [14_704_704, 303_040]; // h 576: 49·(110592 + 5184 + 184320); 110592+1152 + 5184+1152 + 184320+640
  const head = [20_070_400, 412_160]; // 49·320·1280; 409600 + 2560
  const classifier = [1_280_000, 1_281_000]; // 1280·1000; and 1000 biases
  const rows = [stem, first, s1, r1, r1, r1, s2, r2, r2, r2, s3, r3, r3, r3, s4, r4, r4, r4, s5, r5, r5, r5, s6, head];

  it('has the costs of every block', () => {
    expect(described.blocks.map(({ macs, parameters }) => [macs, parameters])).toEqual([...rows, classifier]);
    expect(described.macs).toBe(257_422_208);
    expect(described.parameters).toBe(3_191_928);
  });

  it('peaks where 64 channels of 112×112 are alive', () => {
    expect(described.peakActivationBytes).toBe(4 * 64 * 12_544);
  });

  it('has a table of named rows', () => {
    expect(described.id).toMatch(/^[0-9a-f]{16}$/);
    expect(described.blocks.map(({ name }) => name)).toEqual([
      'stem',
      ...Array.from({ length: 22 }, (_, i) => `block ${i + 1}`),
      'head',
      'classifier',
    ]);
    expect(described.blocks[2]).toEqual({
      name: 'block 2',
      op: 'mbconv',
      in: 16,
      out: 24,
      inputSize: 112,
      outputSize: 56,
      kernel: 3,
      expansion: 3,
      stride: 2,
      macs: 14_601_216,
      parameters: 2592,
      activationBytes: 4 * 64 * 12_544,
    });
    expect(described.blocks.at(-2)).toMatchObject({ op: 'conv', in: 320, out: 1280, inputSize: 7, outputSize: 1 });
    expect(described.blocks.at(-1)).toMatchObject({ op: 'linear', in: 1280, out: 1000, inputSize: 1, outputSize: 1 });
  });
});

describe('costs of one block', () => {
  const block: MbconvBlock = { op: 'mbconv', kernel: 3, expansion: 3, stride: 1, in: 24, out: 24, shortcut: true };

  it('are those of its row in the table', () => {
    expect(macsOf(block, 56)).toBe(12_870_144);
    expect(parametersOf(block)).toBe(4440);
  });

  it('hold the shortcut alive through the depthwise: 72 + 72 + 24 channels, without it 72 + 72', () => {
    expect(blockPeakActivationBytes(block, 56)).toBe(4 * 168 * 3136);
    expect(blockPeakActivationBytes({ ...block, shortcut: false }, 56)).toBe(4 * 144 * 3136);
  });

  it('without expansion are set by the projection: 24 held + 24 in + 24 out, or 24 in + 60 out', () => {
    expect(blockPeakActivationBytes({ ...block, expansion: 1 }, 10)).toBe(4 * (24 + 24 + 24) * 100);
    expect(blockPeakActivationBytes({ ...block, expansion: 1, out: 60, shortcut: false }, 10)).toBe(4 * 84 * 100);
  });

  it('at 1×1 pixels count the pooled copy of the head', () => {
    const network: Architecture = {
      format: 'fastpath.architecture/1',
      resolution: 2,
      classes: 2,
      stem: { kernel: 3, stride: 2, channels: 4 },
      blocks: [{ op: 'mbconv', kernel: 3, expansion: 1, stride: 1, in: 4, out: 4, shortcut: false }],
      head: { channels: 100 },
    };
    expect(describeArchitecture(network).peakActivationBytes).toBe(4 * 200);
  });
});
