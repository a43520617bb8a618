/** @file The results as a page of Markdown. */

import { candidateLabel } from '../../../shared/space/path.ts';
import type { Report } from '../report.ts';
import { mean } from '../search-statistics.ts';
import { plan as supernet } from './budget.ts';
import { claimsOf } from './claims.ts';
import { devices, second } from './devices.ts';
import { kernelCounts, type Preference, preferencesOf } from './preferences.ts';
import { hourlyPrices, priceUsd } from './price.ts';
import { type Proof, pathOf } from './proof.ts';
import { curvesOf, driftOf, latencyOf, matrixOf, top1Of, trainingRssBytesOf, trainingSecondsOf } from './results.ts';
import { settingOf, verdictOf } from './rows.ts';
import { chosenOf } from './searches.ts';
import type { Claim } from './verdicts.ts';

export function markdownOf(proof: Proof, { date, machine }: Report): string {
  const { cpu, cores, memoryGb, os, node, backend } = machine;
  return [
    '# Each device its own network',
    '',
    'Written by `npm run bench:specialise`; do not edit. Every verdict is arithmetic on the numbers of this run.',
    '',
    `${date} · ${cpu}, ${cores} cores, ${memoryGb} GB · ${os.split(' ')[0]} · Node ${node} · ${backend}`,
    '',
    `${settingOf(proof)}. Intervals are at 95 %: Student's t over seeds, order statistics over batches of timings; both are paired. ` +
      'Devices: ' +
      devices.map(({ label }, i) => `${label} (${proof.tables[i]!.hardware.id}${busy(proof, i)})`).join('; ') +
      '. No GPU was timed.',
    '',
    '## Claims',
    '',
    ...claimsTable(proof, ['claim', 'asked', 'measured', '95 % interval', 'why']),
    '',
    '## Every network on every device',
    '',
    ...matrixTable(proof),
    '',
    '![Matrix of measured latency, devices down, networks across](pictures/specialise-matrix.svg)',
    '',
    '![The three networks, block by block](pictures/specialise-networks.svg)',
    '',
    '## Accuracy over latency',
    '',
    ...proof.searches.curves.flatMap((_, i) => [...curveTable(proof, i), '']),
    '![Accuracy over measured latency](pictures/specialise-curves.svg)',
    '',
    '## What devices like',
    '',
    'Nanoseconds for a thousand multiply-adds of a block, by stage; in brackets against kernel 3 of the same expansion.',
    '',
    ...devices.flatMap(({ label }, i) => [...preferenceTable(label, preferencesOf(proof.tables[i]!)), '']),
    'What the searched networks chose:',
    '',
    ...choiceTable(proof),
    '',
    '## Forms of search, proxy, warm starts',
    '',
    ...formTable(proof),
    '',
    '## Memory and cost',
    '',
    ...memoryTable(proof),
    '',
    ...costTable(proof),
    '',
  ].join('\n');
}

function busy(proof: Proof, device: number): string {
  const drift = driftOf(proof, device);
  return drift > 0.03 ? `; the machine was busy: its speed moved by ${(100 * drift).toFixed(0)} %` : '';
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string[] {
  const line = (cells: readonly string[]) => `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
  return [line(head), `|${head.map(() => '---').join('|')}|`, ...rows.map(line)];
}

/** @param columns in order; `why` is the verdict with its reason */
export function claimsTable(proof: Proof, columns: readonly (keyof ReturnType<typeof claimCells>)[]): string[] {
  return table(
    columns.map((column) => (column === 'why' ? 'verdict' : column)),
    claimsOf(proof).map((claim) => {
      const cells = claimCells(claim);
      return columns.map((column) => cells[column]);
    }),
  );
}

function claimCells(claim: Claim) {
  const verdict = `**${verdictOf(claim)}**`;
  return {
    claim: claim.claim,
    asked: claim.asked,
    measured: claim.measured,
    '95 % interval': claim.interval ?? '–',
    verdict,
    why: claim.reason === '' ? verdict : `${verdict}: ${claim.reason}`,
  };
}

function matrixTable(proof: Proof): string[] {
  const { held } = proof.searches;
  return table(
    ['', ...held.map(({ device }) => `network of ${device.label}`)],
    [
      ['top-1, %', ...held.map((one) => bySeed(top1Of(proof, chosenOf(one))))],
      ['budget on its device, ms', ...held.map(({ constraint }) => String(constraint.budgetMs))],
      ...matrixOf(proof).map((row, i) => [
        `${devices[i]!.label}, ms`,
        ...row.map(({ latencyMs: { median, low, high }, own }) => {
          const words = `${median.toPrecision(4)} (${low.toPrecision(4)} to ${high.toPrecision(4)})`;
          return own ? `**${words}**` : words;
        }),
      ]),
    ],
  );
}

function curveTable(proof: Proof, device: number): string[] {
  const { searches, baselines } = proof;
  const { speedUp } = curvesOf(proof, device);
  const label = devices[device]!.label;
  const row = (name: string, architecture: (typeof searches.curves)[number][number]) => [
    name,
    latencyOf(proof, device, architecture).median.toPrecision(4),
    bySeed(top1Of(proof, architecture)),
  ];
  const words = speedUp === null ? 'not comparable' : `${speedUp.mean.toFixed(2)} × faster at equal accuracy`;
  return table(
    [`${label}: ${words}`, 'measured ms', 'top-1, %'],
    [
      ...searches.curves[device]!.map((architecture, i) => row(`found ${i + 1}`, architecture)),
      ...baselines.map(({ widthMultiplier, architecture }) =>
        row(`MobileNetV2's shape × ${widthMultiplier}`, architecture),
      ),
    ],
  );
}

function preferenceTable(device: string, preferences: readonly Preference[]): string[] {
  const stages = [...new Set(preferences.map(({ stage }) => stage))];
  const kinds = [...new Map(preferences.map((one) => [`k${one.kernel} e${one.expansion}`, one]))];
  return table(
    [device, ...kinds.map(([kind]) => kind)],
    stages.map((stage) => {
      const own = preferences.filter((one) => one.stage === stage);
      const price = (kernel: number, expansion: number) =>
        own.find((one) => one.kernel === kernel && one.expansion === expansion)!.nsPerKiloMac;
      return [
        `stage ${stage}`,
        ...kinds.map(([, { kernel, expansion }]) => {
          const ns = price(kernel, expansion);
          return `${ns.toPrecision(3)} (${(ns / price(3, expansion)).toFixed(2)} ×)`;
        }),
      ];
    }),
  );
}

function choiceTable(proof: Proof): string[] {
  const paths = proof.searches.held.map((one) => pathOf(chosenOf(one)));
  return table(
    ['block', ...devices.map(({ label }) => label)],
    [
      ...supernet.blocks.map(({ stage, position, candidates }, i) => [
        `stage ${stage + 1} block ${position + 1}`,
        ...paths.map((path) => candidateLabel(candidates[path[i]!]!)),
      ]),
      ['with kernel 3, 5, 7; left out', ...paths.map((path) => kernelCounts(path).join(', '))],
    ],
  );
}

function formTable(proof: Proof): string[] {
  const { forms, proxy, warmStarts, control } = proof.searches;
  const rows = (found: typeof forms, device: number) =>
    found.map(({ name, architecture, seconds, note }) => [
      name,
      devices[device]!.label,
      `${seconds.toFixed(0)} s`,
      bySeed(top1Of(proof, architecture)),
      latencyOf(proof, device, architecture).median.toPrecision(4),
      note,
    ]);
  return table(
    ['', 'for', 'one core', 'top-1, %', 'measured ms', ''],
    [...rows([...forms, proxy], 0), ...rows([...warmStarts, control], second)],
  );
}

function memoryTable(proof: Proof): string[] {
  const { memory, searches } = proof;
  const training = trainingRssBytesOf(proof, chosenOf(searches.held[0]!));
  const inMb = (bytes: number) => `${(bytes / 1e6).toFixed(0)} MB`;
  const row = (name: string, bytes: number) => [
    name,
    `${(bytes / 1e6).toFixed(1)} MB`,
    `${(bytes / memory.plainBytes).toFixed(2)} ×`,
  ];
  return table(
    ['peak of activations and temporaries of a step, batch 32; of the process', '', 'over the network found'],
    [
      row('training the network found by itself', memory.plainBytes),
      row('weight step of its path in the supernet', memory.weightStepBytes),
      row('architecture step, the other candidates k7 e6', memory.architectureStepBytes),
      row('weight step that keeps all paths', memory.allPathsBytes),
      ['process that trains the network found, with its images', inMb(training), '1.00 ×'],
      [
        'process that searches, with the whole supernet and its optimiser',
        inMb(searches.searchRssBytes),
        `${(searches.searchRssBytes / training).toFixed(2)} ×`,
      ],
    ],
  );
}

function costTable(proof: Proof): string[] {
  const { warmUpSeconds, searchSeconds, held } = proof.searches;
  const rows = [
    ['a search', warmUpSeconds + searchSeconds[0]!],
    ['one device more behind the same warm-up', mean(searchSeconds.slice(1))],
    ['a training of the network found', trainingSecondsOf(proof, chosenOf(held[0]!))],
  ] as const;
  return [
    ...table(
      ['', 'seconds of one core', ...hourlyPrices.map(({ instanceType }) => `${instanceType}, USD`)],
      rows.map(([name, seconds]) => [
        name,
        seconds.toFixed(0),
        ...hourlyPrices.map((price) => priceUsd(price, seconds).toFixed(4)),
      ]),
    ),
    '',
    'Prices are what the seconds would cost if those machines were as fast as this one with all processors at work; none of ' +
      `them was measured. ${hourlyPrices.map((price) => `${price.instanceType}: ${price.pricePerHourUsd} USD an hour, ${price.source}`).join('; ')}.`,
  ];
}

function bySeed(values: readonly number[]): string {
  return `${mean(values).toFixed(1)} (${values.map((value) => value.toFixed(1)).join(', ')})`;
}
