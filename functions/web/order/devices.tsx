/** @file The devices of a new search, a row for each, and whether one network is for all of them. */
import { Choice, type Option, SelectField, TextField } from '../fields.tsx';
import type { Form } from '../form.ts';
import { link } from '../links.ts';
import { type AskedDevice, askedDevices } from './fields.ts';

/** What is entered, and a row more where one is asked for. */
function rowsOf(form: Form): AskedDevice[] {
  const asked = askedDevices(form);
  const isFirst = asked.length === 0;
  return isFirst || form.text('add') !== '' ? [...asked, { hardware: '', budgets: '' }] : asked;
}

export function DeviceRows({ form, known }: { form: Form; known: readonly Option[] }) {
  const rows = rowsOf(form);
  return (
    <fieldset>
      <legend>Devices</legend>
      {rows.map(({ hardware, budgets }, i) => (
        <div class="grid">
          <SelectField
            name="hardware"
            id={`hardware-${i}`}
            label={numbered('Device', i)}
            value={hardware}
            none={i === 0 ? 'choose …' : 'none'}
            required={i === 0}
            options={known}
          />
          <TextField
            name="budgets"
            id={`budgets-${i}`}
            label={numbered('Latency budget, ms', i)}
            value={budgets}
            required={i === 0}
            inputmode="decimal"
            hint={i === 0 ? 'Several with spaces between them make a search for each.' : undefined}
          />
        </div>
      ))}
      {rows.length > 1 && <Mode form={form} />}
      <button
        type="submit"
        class="quiet"
        name="add"
        value="device"
        formmethod="get"
        formaction={`${link('/searches/new')}#hardware-${rows.length}`}
        formnovalidate
      >
        Another device
      </button>
    </fieldset>
  );
}

const numbered = (label: string, i: number) => (i === 0 ? label : `${label} (${i + 1})`);

function Mode({ form }: { form: Form }) {
  const isJoint = form.text('mode') === 'joint';
  return (
    <div role="radiogroup" aria-label="Networks">
      <Choice type="radio" name="mode" value="each" checked={!isJoint}>
        A network for each budget
      </Choice>
      <Choice type="radio" name="mode" value="joint" checked={isJoint}>
        One network that keeps all of them
      </Choice>
    </div>
  );
}
