/** @file The network that is being edited, as the address has it: a space, and which candidate each block is. */
import type { Architecture } from '../../../shared/contract/architecture.ts';
import { builtInSpaces, findSpace } from '../../../shared/space/built-in.ts';
import { findPath } from '../../../shared/space/find-path.ts';
import { planSupernet } from '../../../shared/space/make-plan.ts';
import { pathToArchitecture } from '../../../shared/space/path.ts';
import type { Path, SupernetPlan } from '../../../shared/space/plan.ts';
import type { Form } from '../form.ts';

export interface Design {
  plan: SupernetPlan;
  path: Path;
  architecture: Architecture;
}

const usualSpace = 'cifar';
const usualClasses = 10;

/** What is absent or does not fit the space begins with its first candidate. */
export function designOf(form: Form): Design {
  const name = form.text('space') || usualSpace;
  const classes = form.number('classes') ?? usualClasses;
  const isCount = Number.isInteger(classes) && classes >= 2 && classes <= 100_000;
  const space = findSpace(name);
  const plan = planSupernet(space, { resolution: space.resolution, classes: isCount ? classes : usualClasses });
  const path = plan.blocks.map(({ candidates }, i) => {
    const chosen = form.number(`b${i}`) ?? 0;
    return candidates[chosen] === undefined ? 0 : chosen;
  });
  return { plan, path, architecture: pathToArchitecture(plan, path) };
}

/** A network that was found, to go on from; null where it is of no space that ships. */
export function designFrom(architecture: Architecture): Design | null {
  const { space: name, resolution, classes } = architecture;
  if (name === undefined || !Object.hasOwn(builtInSpaces, name)) return null;
  const space = findSpace(name);
  if (space.resolution !== resolution) return null;
  const plan = planSupernet(space, { resolution, classes });
  const path = findPath(plan, architecture);
  return path === null ? null : { plan, path, architecture };
}
