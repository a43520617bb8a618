/** @file The few lines that a finished job leaves on the terminal. */
import { metricsSchema } from '../../shared/contract/result.ts';
import { bytes, count, milliseconds, percent } from '../../shared/format.ts';
import { type Console, writeLine } from './console.ts';
import { readJson } from './input-file.ts';
import type { SavedResult } from './out-folder.ts';

export async function printSummary(saved: SavedResult, console: Console): Promise<void> {
  const metrics = metricsSchema.parse(await readJson(saved.metrics));
  const { evaluation, latency, search } = metrics;
  const print = (line: string) => writeLine(console.out, line);
  print(`architecture ${metrics.architectureId}`);
  const weights = metrics.weights === 'trained' ? 'trained weights' : "the supernet's weights";
  print(
    `  ${percent(evaluation.top1)} top-1, ${percent(evaluation.top5)} top-5 on ${evaluation.images} ${evaluation.split} images, ${weights}`,
  );
  for (const { hardware, budgetMs, latencyMs, lowMs, highMs, flags } of latency) {
    const budget = budgetMs === null ? '' : `, budget ${milliseconds(budgetMs)}`;
    print(`  ${milliseconds(latencyMs)} on ${hardware} (${milliseconds(lowMs)} to ${milliseconds(highMs)}${budget})`);
    for (const flag of flags) print(`    note: ${flag}`);
  }
  const costs = [`${count(metrics.macs)} multiply-adds`, `${count(metrics.parameters)} parameters`];
  print(`  ${costs.join(', ')}, ${bytes(metrics.peakActivationBytes)} peak activation memory`);
  if (search !== null) {
    print(`  chosen from ${search.spaceSize} paths with ${count(search.imagePasses)} image passes`);
  }
  for (const path of [saved.architecture, saved.metrics, saved.weights, saved.pareto, ...saved.pictures]) {
    if (path !== null) print(`  ${path}`);
  }
}
