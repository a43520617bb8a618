/** @file `/docs`: the OpenAPI document as one page of plain HTML. No script, nothing from elsewhere. */
import { createHash } from 'node:crypto';
import { html, raw } from 'hono/html';
import type { ApiDocument } from './document.ts';
import { prose, slug } from './prose.ts';
import { type JsonSchema, limitWords, refName, type Schemas, typeWords } from './schema.ts';
import { css } from './style.ts';

/** Only the page's own style may apply, and no script at all. */
export const docsPolicy = `default-src 'none'; style-src 'sha256-${createHash('sha256').update(css).digest('base64')}'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'`;

interface Parameter {
  name: string;
  in: string;
  required?: boolean;
  description?: string;
  schema: JsonSchema;
}

interface Content {
  [mediaType: string]: { schema?: JsonSchema };
}

interface Operation {
  tags?: string[];
  summary?: string;
  description?: string;
  security?: Record<string, string[]>[];
  parameters?: Parameter[];
  requestBody?: { content: Content };
  responses: Record<string, { description: string; content?: Content }>;
}

interface Listed extends Operation {
  method: string;
  path: string;
  anchor: string;
}

type Html = ReturnType<typeof html>;

export function docsPage(document: ApiDocument): string {
  const schemas = (document.components?.schemas ?? {}) as Schemas;
  const operations = listed(document);
  const tags = (document.tags ?? []).filter(({ name }) => operations.some(({ tags }) => tags?.includes(name)));
  const of = (tag: string) => operations.filter(({ tags }) => tags?.includes(tag));
  return String(html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${document.info.title} API</title>
<style>${raw(css)}</style>
</head>
<body>
<nav aria-label="Contents">
<a href="#top"><strong>${document.info.title} API</strong></a>
${tags.map(
  ({ name }) => html`<section><h2><a href="#${slug(name)}">${name}</a></h2>
<ul>${of(name).map(({ anchor, summary }) => html`<li><a href="#${anchor}">${summary}</a></li>`)}</ul></section>`,
)}
<section><h2><a href="#schemas">Schemas</a></h2></section>
</nav>
<main id="top">
<h1>${document.info.title} API <small>${document.info.version}</small></h1>
${prose(document.info.description ?? '')}
<p>For programs: <a href="/openapi.json">/openapi.json</a> (OpenAPI 3.1).</p>
${tags.map(
  ({ name, description }) => html`<section>
<h2 id="${slug(name)}">${name}</h2>
${prose(description ?? '')}
${of(name).map((operation) => operationPart(operation, schemas))}
</section>`,
)}
<section>
<h2 id="schemas">Schemas</h2>
${Object.entries(schemas).map(
  ([name, schema]) => html`<article id="schema-${name}"><h3>${name}</h3>
${prose(schema.description ?? '')}
${fields(schema, schemas)}${example(schema)}</article>`,
)}
</section>
</main>
</body>
</html>`);
}

function listed(document: ApiDocument): Listed[] {
  return Object.entries(document.paths ?? {}).flatMap(([path, item]) =>
    Object.entries(item as Record<string, Operation>).map(([method, operation]) => ({
      ...operation,
      method: method.toUpperCase(),
      path,
      anchor: slug(`${method} ${path}`),
    })),
  );
}

function operationPart(operation: Listed, schemas: Schemas): Html {
  const { method, path, anchor, summary, description, security, parameters = [], requestBody, responses } = operation;
  const scope = security?.[0] === undefined ? 'no key needed' : `scope ${Object.values(security[0]).flat().join(', ')}`;
  const request = requestBody?.content['application/json']?.schema;
  return html`<article id="${anchor}">
<h3>${summary}</h3>
<p class="line"><b class="${method.toLowerCase()}">${method}</b> <code>${path}</code> <small>${scope}</small></p>
${prose(description ?? '')}
${
  parameters.length === 0
    ? ''
    : html`<table><caption>Parameters</caption>
${parameters.map((parameter) => fieldRow(parameter.name, { ...parameter.schema, description: parameter.description ?? '' }, parameter.required === true, parameter.in))}
</table>`
}
${request === undefined ? '' : html`<h4>Body: ${typed(request)}</h4>${curl(method, path, resolve(request, schemas))}`}
<table><caption>Answers</caption>
${Object.entries(responses).map(
  ([status, { description: words, content }]) => html`<tr><th scope="row">${status}</th><td>${words}
${Object.entries(content ?? {}).map(([type, { schema }]) => html`<br><small>${type}</small> ${schema === undefined ? '' : typed(schema)}`)}</td></tr>`,
)}
</table>
</article>`;
}

function curl(method: string, path: string, { example: sample }: JsonSchema): Html | string {
  if (sample === undefined) return '';
  return html`<pre>curl -X ${method} "$FASTPATH${path}" \\
  -H "Authorization: Bearer $KEY" -H "Content-Type: application/json" \\
  -d '${JSON.stringify(sample, null, 2)}'</pre>`;
}

function example({ example: sample }: JsonSchema): Html | string {
  return sample === undefined ? '' : html`<pre>${JSON.stringify(sample, null, 2)}</pre>`;
}

/** A table of the fields, those of nested objects that have no name of their own indented by their place. */
function fields(schema: JsonSchema, schemas: Schemas): Html {
  const rows = fieldRows(schema, schemas, '');
  return rows.length === 0 ? html`<p>${typed(schema)} ${limitWords(schema)}</p>` : html`<table>${rows}</table>`;
}

function fieldRows(schema: JsonSchema, schemas: Schemas, place: string): Html[] {
  const choice = schema.oneOf ?? schema.anyOf;
  if (choice !== undefined) return choice.flatMap((one) => fieldRows(one, schemas, place));
  if (schema.items !== undefined && schema.items.$ref === undefined) {
    return fieldRows(schema.items, schemas, place === '' ? '' : `${place.slice(0, -1)}[].`);
  }
  return Object.entries(schema.properties ?? {}).flatMap(([name, inner]) => [
    fieldRow(`${place}${name}`, inner, schema.required?.includes(name) === true, ''),
    ...(inner.$ref === undefined ? fieldRows(inner, schemas, `${place}${name}.`) : []),
  ]);
}

function fieldRow(name: string, schema: JsonSchema, required: boolean, where: string): Html {
  const limits = limitWords(schema);
  return html`<tr><th scope="row"><code>${name}</code>${required ? '' : html` <small>optional</small>`}${where === '' ? '' : html` <small>in ${where}</small>`}</th>
<td>${typed(schema)}${limits === '' ? '' : html` <small>${limits}</small>`}${schema.description === undefined || schema.description === '' ? '' : html`<br>${prose(schema.description, 'inline')}`}</td></tr>`;
}

/** The type in words, named schemas as links. */
function typed(schema: JsonSchema): Html {
  const words = typeWords(schema).split(/(\[\w+\])/);
  return html`<span class="type">${words.map((word) => {
    const name = /^\[(\w+)\]$/.exec(word)?.[1];
    return name === undefined ? word : html`<a href="#schema-${name}">${name}</a>`;
  })}</span>`;
}

function resolve(schema: JsonSchema, schemas: Schemas): JsonSchema {
  return schema.$ref === undefined ? schema : (schemas[refName(schema.$ref)] ?? schema);
}
