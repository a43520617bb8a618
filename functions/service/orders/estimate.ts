/** @file `POST /v1/orders/estimate`: time and cost before paying, and what they rest on. */
import type { Estimate, EstimateRequest } from '../../../shared/contract/api/orders.ts';
import type { SearchSpec, TrainingSchedule } from '../../../shared/contract/job-spec.ts';
import { throughputOf } from '../../../shared/pricing/throughput.ts';
import { planSupernet } from '../../../shared/space/make-plan.ts';
import { creditOf } from '../credit/statement.ts';
import type { OrderDeps } from './deps.ts';
import { type OrderPlan, planOrder } from './plan-order.ts';

/** Reading the data set, compiling kernels, pictures and exports. */
const besidesSeconds = 30;

export async function estimateOrder(deps: OrderDeps, tenantId: string, request: EstimateRequest): Promise<Estimate> {
  const plan = await planOrder(deps, tenantId, request);
  const work = estimateWork(deps, plan);
  const credit = await creditOf(deps, tenantId);
  const { monthlyLimitMicroUsd: limit } = credit;
  const available = credit.availableMicroUsd / 1e6;
  const monthLeft =
    limit === null ? null : Math.max(0, limit - credit.spentThisMonthMicroUsd - credit.reservedMicroUsd) / 1e6;
  const { costUsd } = work;
  const sufficient = costUsd === null ? null : costUsd <= available && (monthLeft === null || costUsd <= monthLeft);
  return {
    ...work,
    // On a machine that costs nothing nothing has to be covered.
    credit: {
      availableUsd: available,
      monthLeftUsd: monthLeft,
      sufficient: deps.price.pricePerHourUsd === 0 ? true : sufficient,
    },
  };
}

/** All searches of an order do the same work: they differ in constraints and seed only. */
export function estimateWork(
  { price }: Pick<OrderDeps, 'price'>,
  { dataSet, specs, warmUp }: OrderPlan,
): Omit<Estimate, 'credit'> {
  const spec = specs[0]!;
  const { schedule, training } = spec;
  // Sets that were looked into before held-out images were counted apart count them as training images.
  const forTraining = dataSet.trainImages ?? dataSet.images!;
  const validationImages = heldOut(forTraining, dataSet.classes!);
  const trainingImages = forTraining - validationImages;
  const batches = Math.max(1, Math.floor(trainingImages / schedule.batchSize));
  const steps = stepsOf(spec, batches, warmUp !== null);
  const hasOwnTest = forTraining < dataSet.images!;
  const full = training && fullTraining(training, hasOwnTest && !training.keepBest ? forTraining : trainingImages);
  const { space, resolution, widthMultiplier } = spec;
  const throughput = throughputOf(
    price.instanceType,
    planSupernet(space, { resolution, classes: dataSet.classes!, widthMultiplier }),
  );
  const samples = spec.method === 'reinforce' ? schedule.reinforceSamples : 1;
  const secondsPerSearch =
    throughput === null
      ? null
      : besidesSeconds +
        (steps.weight * schedule.batchSize + (full?.imagePasses ?? 0)) / throughput.weightImagesPerSecond +
        (steps.architecture * schedule.batchSize * samples) / throughput.architectureImagesPerSecond;
  const warmUpSeconds =
    warmUp === null
      ? 0
      : throughput && besidesSeconds + (steps.warmUp * schedule.batchSize) / throughput.weightImagesPerSecond;
  const seconds =
    secondsPerSearch === null || warmUpSeconds === null ? null : warmUpSeconds + secondsPerSearch * specs.length;
  return {
    searches: specs.length,
    secondsPerSearch,
    warmUpSeconds,
    seconds,
    costUsd: seconds === null ? null : Math.ceil((seconds / 3600) * price.pricePerHourUsd * 1e6) / 1e6,
    basis: {
      trainingImages,
      validationImages,
      batchSize: schedule.batchSize,
      warmUpSteps: steps.warmUp,
      weightSteps: steps.weight,
      architectureSteps: steps.architecture,
      trainingSteps: full?.steps ?? 0,
      throughput,
      price,
      notes: notesOf(price, throughput),
    },
  };
}

function notesOf(
  { instanceType, pricePerHourUsd }: Estimate['basis']['price'],
  throughput: Estimate['basis']['throughput'],
): string[] {
  const free = `An hour of ${instanceType} costs nothing, so maxCostUsd bounds nothing: epochs and images do.`;
  const always = [
    `${besidesSeconds} s a search, and as many for a shared warm-up, are included for reading the data set, starting and exporting.`,
    ...(pricePerHourUsd === 0 ? [free] : []),
  ];
  if (throughput === null) {
    return [
      `No throughput was measured on ${instanceType} yet, so neither time nor cost can be told.${pricePerHourUsd === 0 ? '' : ' maxCostUsd is what bounds the order.'}`,
      ...(pricePerHourUsd === 0 ? [free] : []),
    ];
  }
  if (Math.abs(throughput.scaledBy - 1) < 0.01) return always;
  return [
    ...always,
    'Throughput is scaled by multiply-adds from another space or resolution: expect it to be off by a half.',
  ];
}

/** As the worker counts the steps of a whole training on so many images. */
function fullTraining({ epochs, batchSize, accumulate }: TrainingSchedule, images: number) {
  const batches = Math.max(1, Math.floor(images / batchSize));
  const perStep = Math.min(accumulate, batches);
  const steps = epochs * Math.floor(batches / perStep);
  return { steps, imagePasses: steps * perStep * batchSize };
}

/** As the worker divides the images: per class max(20, 10 %, at most 50,000 together), at most half. */
function heldOut(images: number, classes: number): number {
  const perClass = Math.max(20, Math.round(Math.min(50_000, 0.1 * images) / classes));
  return Math.min(perClass * classes, Math.floor(images / 2));
}

/** As the worker counts its steps; a warm-up that is shared is not the search's. */
function stepsOf({ schedule, warmStart }: SearchSpec, batches: number, sharesWarmUp: boolean) {
  const search = schedule.searchEpochs * batches;
  const architecture = Math.max(0, Math.floor((search - batches) / schedule.weightStepsPerArchitectureStep));
  if (warmStart) return { warmUp: 0, weight: 0, architecture: Math.max(1, architecture) };
  const warmUp = schedule.warmupEpochs * batches;
  return sharesWarmUp ? { warmUp, weight: search, architecture } : { warmUp: 0, weight: warmUp + search, architecture };
}
