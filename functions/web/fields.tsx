/** @file Fields of forms, each with its label and, where it helps, a word about it. */
import type { Child } from 'hono/jsx';

interface FieldProps {
  name: string;
  /** where another form of the page has a field of this name */
  id?: string;
  label: string;
  hint?: string | undefined;
}

export function TextField(
  props: FieldProps & { value: string; type?: 'text' | 'number' | 'month'; required?: boolean; inputmode?: 'decimal' },
) {
  const { name, id = name, label, hint, value, type = 'text', required = false, inputmode } = props;
  return (
    <p>
      <label for={id}>{label}</label>
      <input
        id={id}
        name={name}
        type={type}
        value={value}
        required={required}
        inputmode={inputmode}
        min={type === 'number' ? 0 : undefined}
        step={type === 'number' ? 'any' : undefined}
        autocomplete="off"
        aria-describedby={hint === undefined ? undefined : `${id}-hint`}
      />
      {hint !== undefined && (
        <span class="hint" id={`${id}-hint`}>
          {hint}
        </span>
      )}
    </p>
  );
}

export interface Option {
  value: string;
  text: string;
}

/** @param none what stands there while nothing is chosen, which has to be unless `required` is false */
export function SelectField(
  props: FieldProps & { value: string; options: readonly Option[]; none?: string; required?: boolean },
) {
  const { name, id = name, label, hint, value, options, none, required = none !== undefined } = props;
  return (
    <p>
      <label for={id}>{label}</label>
      <select id={id} name={name} required={required}>
        {none !== undefined && <option value="">{none}</option>}
        {options.map((option) => (
          <option value={option.value} selected={option.value === value}>
            {option.text}
          </option>
        ))}
      </select>
      {hint !== undefined && <span class="hint">{hint}</span>}
    </p>
  );
}

export function Choice(props: {
  name: string;
  value: string;
  checked: boolean;
  type?: 'checkbox' | 'radio';
  children: Child;
}) {
  return (
    <label class="inline">
      <input type={props.type ?? 'checkbox'} name={props.name} value={props.value} checked={props.checked} />
      {props.children}
    </label>
  );
}
