/** @file The network that is being edited, as the address has it: a space, and which candidate each block is. */
import type { Architecture } from '../../../shared/contract/architecture.ts';
import type { SearchSpace } from '../../../shared/contract/space.ts';
import { FastpathError } from '../../../shared/errors.ts';
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

/** A network, and what was asked for that it is not. */
export interface Opened {
  design: Design;
  trouble: string | null;
}

const usualSpace = 'cifar';
const usualClasses = 10;
const mostClasses = 100_000;
const mostPixels = 1024;

/** Blocks that are absent or do not fit the space begin with its first candidate. */
export function designOf(form: Form): Opened {
  const space = findSpace(form.text('space') || usualSpace);
  const troubles: string[] = [];
  const classes = classesOf(form, troubles);
  const resolution = resolutionOf(form, space);
  let plan = planFor(space, resolution, classes);
  if (plan === null) {
    const asked = form.text('resolution');
    troubles.push(`Space ${space.name} takes no images of ${asked} pixels: what is shown is for ${space.resolution}.`);
    plan = planSupernet(space, { resolution: space.resolution, classes });
  }
  const path = plan.blocks.map(({ candidates }, i) => {
    const chosen = form.number(`b${i}`) ?? 0;
    return candidates[chosen] === undefined ? 0 : chosen;
  });
  const design = { plan, path, architecture: pathToArchitecture(plan, path) };
  return { design, trouble: troubles.length === 0 ? null : troubles.join(' ') };
}

function classesOf(form: Form, troubles: string[]): number {
  const classes = form.number('classes') ?? usualClasses;
  if (Number.isInteger(classes) && classes >= 2 && classes <= mostClasses) return classes;
  troubles.push(`Classes are a whole number from 2 to ${mostClasses}: what is shown is for ${usualClasses}.`);
  return usualClasses;
}

/** That of a network that was found goes with its space: another space begins with its own. */
function resolutionOf(form: Form, { name, resolution }: SearchSpace): number {
  return form.text('resolutionOf') === name ? (form.number('resolution') ?? resolution) : resolution;
}

/** A network that was found, to go on from; null where it is none of a space that ships. */
export function designFrom(architecture: Architecture): Design | null {
  const { space: name, resolution, classes } = architecture;
  if (name === undefined || !Object.hasOwn(builtInSpaces, name)) return null;
  const plan = planFor(findSpace(name), resolution, classes);
  const path = plan && findPath(plan, architecture);
  return plan === null || path === null ? null : { plan, path, architecture };
}

/** Null where the space takes no images of that size. */
function planFor(space: SearchSpace, resolution: number, classes: number): SupernetPlan | null {
  if (resolution > mostPixels) return null;
  try {
    return planSupernet(space, { resolution, classes });
  } catch (error) {
    if (error instanceof FastpathError && error.code === 'space.resolution') return null;
    throw error;
  }
}
