/** @file The results as README's section of them: what was claimed, what came out. */
import type { Report } from '../report.ts';
import { devices } from './devices.ts';
import { claimsTable } from './markdown.ts';
import type { Proof } from './proof.ts';
import { driftOf } from './results.ts';
import { settingOf } from './rows.ts';

export const heading = '### Each device its own network';

/** README with the section made anew. @throws Error where README has no such section */
export function withResults(readme: string, proof: Proof, { machine }: Report): string {
  const drifts = devices.map((_, device) => (100 * driftOf(proof, device)).toFixed(0));
  const speed = `whose speed moved by ${drifts.join(', ')} % while the devices were timed`;
  return withSection(readme, heading, [
    `${machine.cpu}, ${machine.cores} cores, ${speed}. ${settingOf(proof)}. Written by \`npm run bench:specialise\`; intervals, reasons and pictures are in [docs/specialise.md](docs/specialise.md).`,
    '',
    ...claimsTable(proof, ['claim', 'asked', 'measured', 'verdict']),
  ]);
}

/** The text with these lines between a heading and the next one. @throws Error where the heading is missing */
export function withSection(text: string, title: string, lines: readonly string[]): string {
  const all = text.split('\n');
  const from = all.indexOf(title) + 1;
  if (from === 0) throw new Error(`README.md has no section "${title}"`);
  const next = all.findIndex((line, i) => i >= from && line.startsWith('#'));
  return [...all.slice(0, from), '', ...lines, '', ...(next < 0 ? [] : all.slice(next))].join('\n');
}
