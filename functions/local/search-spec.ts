/** @file From the flags of `fastpath search` to a spec, with all that can be wrong without looking at an image. */
import type { SearchSpec } from '../../shared/contract/job-spec.ts';
import { buildSearchSpec } from '../service/search-spec/build.ts';
import { dataUri } from './data-location.ts';
import { openRegistry } from './hardware-registry.ts';
import { readSpace } from './input-file.ts';
import { checkFlags, type SearchFlags, searchForm } from './search-flags.ts';

/**
 * The spec of the search that `flags` ask for.
 * @throws FastpathError with the line to show
 */
export async function searchSpec(flags: SearchFlags): Promise<SearchSpec> {
  checkFlags(flags);
  const registry = openRegistry();
  const models = await Promise.all(flags.hardware.map((id) => registry.findModel(id)));
  return buildSearchSpec({
    data: { uri: await dataUri(flags.data) },
    space: await readSpace(flags.space),
    constraints: models.map((model, i) => ({ model, budgetMs: flags.budgetMs[i]! })),
    ...searchForm(flags),
    warmStart: undefined,
    exports: undefined,
    pricePerHourUsd: undefined,
  });
}
