/** @file `/app/explore`: a network edited block by block, and what devices prefer. */
import { Hono } from 'hono';
import { architectureIdSchema } from '../../../shared/contract/api/architectures.ts';
import { FastpathError } from '../../../shared/errors.ts';
import { builtInSpaces, findSpace } from '../../../shared/space/built-in.ts';
import { blockName, candidateLabel } from '../../../shared/space/path.ts';
import { getArchitecture } from '../../service/architectures/read.ts';
import { recentResults } from '../../service/architectures/recent-results.ts';
import { hasScope, requireScope } from '../../service/keys/authenticate.ts';
import { callerOf, type WebContext, type WebEnv } from '../context.ts';
import { SelectField, TextField } from '../fields.tsx';
import { queryForm } from '../form.ts';
import { link } from '../links.ts';
import { page, Trouble } from '../page.tsx';
import { needs } from '../sign-in/signed-in.ts';
import { type Design, designFrom, designOf, type Opened } from './design.ts';
import { Blocks, Costs, Devices } from './latencies.tsx';
import { modelsOf } from './models.ts';
import { Pareto } from './pareto.tsx';
import { kernelPreferences, Preferences } from './preferences.tsx';

/** Networks that searches found, in one plot. */
const mostResults = 30;

export function exploreRoutes() {
  return new Hono<WebEnv>()
    .use('/explore/*', needs('predict'))
    .get('/explore', explorePage)
    .get('/explore/devices', devicesPage);
}

async function explorePage(c: WebContext) {
  const form = queryForm(c);
  const { design, trouble } = await openDesign(c);
  const models = await modelsOf(c);
  const model = models.find(({ hardware }) => hardware.id === form.text('hardware')) ?? models[0];
  const caller = callerOf(c);
  const results = hasScope(caller, 'search')
    ? await recentResults(c.get('dependencies'), caller.tenantId, mostResults)
    : [];
  return page(
    c,
    { title: 'Explore latency', scripts: ['parts.js'], pictures: true },
    <>
      <p>
        <a href={link('/explore/devices', { space: design.plan.space })}>Which kernels each device prefers</a>
      </p>
      <div id="trouble" data-part>
        <Trouble message={trouble} />
      </div>
      <form method="get" action={link('/explore')} data-live={link('/explore')}>
        <div class="grid">
          <SelectField
            name="space"
            label="Search space"
            value={design.plan.space}
            options={Object.keys(builtInSpaces).map((name) => ({ value: name, text: name }))}
          />
          <TextField name="classes" label="Classes" value={String(design.plan.classes)} type="number" />
          <SelectField
            name="hardware"
            label="Device for the blocks"
            value={model?.hardware.id ?? ''}
            options={models.map(({ hardware }) => ({ value: hardware.id, text: hardware.id }))}
          />
        </div>
        <h2>Blocks</h2>
        <div id="editor" data-part class="grid">
          <OwnResolution design={design} />
          {design.plan.blocks.map((block, i) => (
            <SelectField
              name={`b${i}`}
              label={`${blockName(block)}: ${block.in} to ${block.out}, ${block.inputSize} px`}
              value={String(design.path[i])}
              options={block.candidates.map((candidate, k) => ({ value: String(k), text: candidateLabel(candidate) }))}
            />
          ))}
        </div>
        <button type="submit" class="quiet">
          Predict
        </button>
      </form>
      <div id="costs" data-part>
        <Costs design={design} />
      </div>
      <div class="charts wide">
        <div id="devices" data-part>
          <Devices design={design} models={models} />
        </div>
        <div id="blocks" data-part>
          {model !== undefined && <Blocks design={design} model={model} />}
        </div>
        <div id="pareto" data-part>
          {model !== undefined && <Pareto design={design} model={model} results={results} />}
        </div>
      </div>
    </>,
  );
}

/** Kept for a network whose images are not of the size that its space has usually. */
function OwnResolution({ design: { plan } }: { design: Design }) {
  if (plan.resolution === findSpace(plan.space).resolution) return null;
  return (
    <>
      <input type="hidden" name="resolution" value={plan.resolution} />
      <input type="hidden" name="resolutionOf" value={plan.space} />
    </>
  );
}

/**
 * From the address: a network that was found, or the fields of the form.
 * @throws FastpathError `auth.forbidden`, `architecture.missing`
 */
async function openDesign(c: WebContext): Promise<Opened> {
  const form = queryForm(c);
  if (form.text('architecture') === '') return designOf(form);
  const caller = callerOf(c);
  requireScope(caller, 'search');
  const id = architectureIdSchema.safeParse(form.text('architecture'));
  if (!id.success) throw new FastpathError('architecture.missing', 'there is no such network: searches name theirs');
  const { architecture } = await getArchitecture(c.get('dependencies'), caller.tenantId, id.data);
  const design = designFrom(architecture);
  if (design !== null) return { design, trouble: null };
  const { space, resolution } = architecture;
  const trouble =
    `Network ${id.data} cannot be edited here: no space that ships has its blocks (${space ?? 'no space'}, ` +
    `${resolution} pixels). What is shown is another one; fastpath predict --blocks tells of its architecture.json.`;
  return { ...designOf(form), trouble };
}

async function devicesPage(c: WebContext) {
  const { plan } = designOf(queryForm(c)).design;
  const models = await modelsOf(c);
  return page(
    c,
    { title: 'What devices prefer', scripts: ['parts.js'] },
    <>
      <form method="get" action={link('/explore/devices')} data-live={link('/explore/devices')} class="narrow">
        <SelectField
          name="space"
          label="Search space"
          value={plan.space}
          options={Object.keys(builtInSpaces).map((name) => ({ value: name, text: name }))}
        />
        <button type="submit" class="quiet">
          Compare
        </button>
      </form>
      <p class="hint">
        How much longer a block takes with a larger kernel than with a smaller one at the same expansion. Where the
        number is close to 1, the larger kernel is nearly free there; the device that pays least is set in bold.
      </p>
      <div id="preferences" data-part>
        {(
          [
            [7, 3],
            [5, 3],
          ] as const
        ).map((kernels) => (
          <Preferences
            title={`${kernels[0]}×${kernels[0]} against ${kernels[1]}×${kernels[1]}`}
            models={models}
            preferences={kernelPreferences(plan, models, kernels)}
          />
        ))}
      </div>
    </>,
  );
}
