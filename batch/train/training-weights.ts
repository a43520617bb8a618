/**
 * @file The weights of a training: those that steps move, their moving average, and the best seen. What is scored and
 * kept is the average where there is one, of the best epoch where that is asked for.
 */
import { zeros } from '@tensorflow/tfjs-core';
import type { TrainingSchedule } from '../../shared/contract/job-spec.ts';
import type { Tensor } from '../../shared/weights/tensor.ts';
import * as ops from '../backend/ops.ts';
import type { ConvNet } from '../network/conv-net.ts';
import { Variable } from '../network/parameter.ts';
import { loadWeights, readVariables, readWeights, restoreVariables } from '../run/saved-state.ts';

const [averageSuffix, bestSuffix] = ['.average', '.best'];

export class TrainingWeights {
  private readonly average: Variable[];
  private best: Map<string, Tensor> | null = null;

  constructor(
    readonly network: ConvNet,
    private readonly schedule: Pick<TrainingSchedule, 'averageDecay'>,
  ) {
    this.average = schedule.averageDecay > 0 ? this.moved.map(averageOf) : [];
  }

  /**
   * Moves the average behind step `step` (from 1). Early on it forgets faster, so that it does not keep the initial
   * weights: decay min(averageDecay, (1 + step) / (10 + step)), as TensorFlow's ExponentialMovingAverage has it.
   */
  follow(step: number): void {
    if (this.average.length === 0) return;
    const decay = Math.min(this.schedule.averageDecay, (1 + step) / (10 + step));
    for (const [i, { value }] of this.moved.entries()) ops.movingAverage(this.average[i]!.value, value, 1 - decay);
  }

  /** Runs `score` with the weights that would be kept now in the network. */
  async asKept<T>(score: () => Promise<T>): Promise<T> {
    this.swap();
    try {
      return await score();
    } finally {
      this.swap();
    }
  }

  /** Remembers what would be kept now as the best. */
  keepAsBest(): void {
    this.swap();
    this.best = readWeights(this.network);
    this.swap();
  }

  /** Puts what is to be kept into the network, for good: no step may follow. */
  settle(): void {
    if (this.best) loadWeights(this.network, this.best);
    else this.swap();
    for (const variable of this.average.splice(0)) variable.dispose();
    this.best = null;
  }

  /** All that a checkpoint needs. */
  read(): Map<string, Tensor> {
    const averages = this.average.map(
      ({ name, value }) => [name, { shape: value.shape, data: value.dataSync<'float32'>() }] as const,
    );
    const best = [...(this.best ?? [])].map(([name, tensor]) => [name + bestSuffix, tensor] as const);
    return new Map([...readVariables(this.network), ...averages, ...best]);
  }

  /** @throws FastpathError `weights.missing`, `weights.shape` */
  restore(tensors: ReadonlyMap<string, Tensor>): void {
    restoreVariables(this.network, tensors);
    loadWeights({ parameters: [], statistics: this.average }, tensors);
    const best = [...tensors].filter(([name]) => name.endsWith(bestSuffix));
    this.best = best.length === 0 ? null : new Map(best.map(([name, t]) => [name.slice(0, -bestSuffix.length), t]));
  }

  private get moved(): Variable[] {
    return [...this.network.parameters, ...this.network.statistics];
  }

  private swap(): void {
    for (const [i, average] of this.average.entries()) {
      const variable = this.moved[i]!;
      [variable.value, average.value] = [average.value, variable.value];
    }
  }
}

function averageOf({ name, value }: Variable): Variable {
  const average = new Variable(name + averageSuffix, zeros(value.shape));
  ops.movingAverage(average.value, value, 1);
  return average;
}
