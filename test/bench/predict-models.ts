/** @file Devices, networks and requests for the prediction benchmark: as many and as large as the question needs. */
import type { Architecture } from '../../shared/contract/architecture.ts';
import type { LatencyModelData } from '../../shared/contract/latency-model.ts';
import { builtInModels } from '../../shared/latency/built-in-models.ts';
import { Random } from '../../shared/random.ts';
import { findSpace } from '../../shared/space/built-in.ts';
import { planSupernet } from '../../shared/space/make-plan.ts';
import { pathToArchitecture, uniformPath } from '../../shared/space/path.ts';

/** Random networks of the largest built-in space, stem and classifier included 21 to 24 parts mostly. */
export function randomNetworks(count: number): Architecture[] {
  const plan = planSupernet(findSpace('mobile-inverted-residual'), { resolution: 224, classes: 1000 });
  const random = Random.named(1, 'bench/predict');
  return Array.from({ length: count }, () => pathToArchitecture(plan, uniformPath(plan, random)));
}

/** The shipped model as so many devices, each with other latencies and `factors` shared directions of error. */
export function deviceModels(count: number, factors: number): LatencyModelData[] {
  const shipped = builtInModels[0]!;
  const random = Random.named(1, 'bench/devices');
  return Array.from({ length: count }, (_, device) => {
    const own = Array.from({ length: factors }, () => random.normal());
    return {
      ...shipped,
      hardware: { ...shipped.hardware, id: `device-${device + 1}` },
      overheadFactorsUs: own,
      parts: Object.fromEntries(
        Object.entries(shipped.parts).map(([signature, [latencyUs]]) => {
          const us = latencyUs! * (0.5 + random.uniform());
          return [signature, [us, ...own.map((factor) => 0.01 * us * factor)]];
        }),
      ),
    };
  });
}

export function requestBody(networks: number, devices: number, interval: boolean): string {
  return JSON.stringify({
    architectures: randomNetworks(networks),
    hardware: deviceModels(devices, 0).map(({ hardware }) => hardware.id),
    interval,
  });
}

/** One network on one device. */
export function predictionBody(hardware: string): string {
  return JSON.stringify({ architectures: randomNetworks(1), hardware: [hardware] });
}
