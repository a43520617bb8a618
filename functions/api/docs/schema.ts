/** @file The JSON Schema parts of the document that the page shows, as lines of fields. */

export interface JsonSchema {
  $ref?: string;
  type?: string | string[];
  format?: string;
  enum?: unknown[];
  const?: unknown;
  items?: JsonSchema;
  prefixItems?: JsonSchema[];
  properties?: Record<string, JsonSchema>;
  required?: string[];
  additionalProperties?: boolean | JsonSchema;
  anyOf?: JsonSchema[];
  oneOf?: JsonSchema[];
  allOf?: JsonSchema[];
  minimum?: number;
  maximum?: number;
  exclusiveMinimum?: number;
  minLength?: number;
  maxLength?: number;
  minItems?: number;
  maxItems?: number;
  pattern?: string;
  default?: unknown;
  description?: string;
  example?: unknown;
}

export type Schemas = Readonly<Record<string, JsonSchema>>;

/** The name of the schema that a `$ref` leads to. */
export function refName(ref: string): string {
  return ref.slice(ref.lastIndexOf('/') + 1);
}

/** A field's type in a few words; named schemas in brackets, so that the page can link them. */
export function typeWords(schema: JsonSchema): string {
  if (schema.$ref !== undefined) return `[${refName(schema.$ref)}]`;
  if (schema.const !== undefined) return JSON.stringify(schema.const);
  if (schema.enum !== undefined) return schema.enum.map((value) => JSON.stringify(value)).join(' | ');
  const choice = schema.anyOf ?? schema.oneOf;
  if (choice !== undefined) return [...new Set(choice.map(typeWords))].join(' | ');
  if (schema.allOf !== undefined) return schema.allOf.map(typeWords).join(' & ');
  const types = [schema.type ?? 'any'].flat();
  return types.map((type) => (type === 'array' ? arrayWords(schema) : withFormat(type, schema))).join(' | ');
}

function arrayWords({ items, prefixItems }: JsonSchema): string {
  if (prefixItems !== undefined) return `(${prefixItems.map(typeWords).join(', ')})`;
  const inner = items === undefined ? 'any' : typeWords(items);
  return `array of ${inner.includes(' | ') ? `(${inner})` : inner}`;
}

function withFormat(type: string, { format }: JsonSchema): string {
  return format === undefined ? type : `${type} (${format})`;
}

/** Bounds in words, e.g. `1 to 50`. */
export function limitWords(schema: JsonSchema): string {
  const words = [
    between(schema.minimum, schema.maximum, ''),
    schema.exclusiveMinimum === undefined ? '' : `over ${schema.exclusiveMinimum}`,
    between(schema.minLength, schema.maxLength, ' characters'),
    between(schema.minItems, schema.maxItems, ' items'),
    schema.default === undefined ? '' : `default ${JSON.stringify(schema.default)}`,
  ];
  return words.filter((word) => word !== '').join(', ');
}

function between(least: number | undefined, most: number | undefined, unit: string): string {
  if (least === undefined && most === undefined) return '';
  if (most === undefined || most === Number.MAX_SAFE_INTEGER)
    return least === undefined ? '' : `at least ${least}${unit}`;
  return least === undefined ? `at most ${most}${unit}` : `${least} to ${most}${unit}`;
}
