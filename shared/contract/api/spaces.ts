/** @file `GET /v1/spaces`: the search spaces that ship. */
import { z } from 'zod';
import { spaceSchema } from '../space.ts';

export const searchSpaceSchema = spaceSchema.meta({
  id: 'SearchSpace',
  description:
    'A search space as data: a fixed stem, then stages of choice blocks, then a head. Each block becomes one of the ' +
    'candidates; `zero` leaves a block out where stride is 1 and widths are equal. Widths are channels, `resolution` ' +
    'is the default input side in pixels.',
});

export const spacesSchema = z
  .strictObject({ spaces: z.array(searchSpaceSchema) })
  .meta({ id: 'Spaces', description: 'The search spaces that ship; an order may also bring one of its own.' });
