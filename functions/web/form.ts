/** @file Bodies of forms, as text by field. */

import { FastpathError } from '../../shared/errors.ts';
import { BodyText } from '../predict/body.ts';
import type { WebContext } from './context.ts';

/** A form is some fields of text: a space of one's own is the longest thing in one. */
const limitBytes = 200_000;

export class Form {
  constructor(private readonly fields: URLSearchParams) {}

  /** Empty where the field is absent. */
  text(name: string): string {
    return this.fields.get(name) ?? '';
  }

  /** Of fields that may be there several times. */
  all(name: string): string[] {
    return this.fields.getAll(name);
  }

  /** undefined where nothing was entered; NaN where that is no number. */
  number(name: string): number | undefined {
    const text = this.text(name).trim();
    return text === '' ? undefined : Number(text);
  }
}

/** @throws FastpathError `request.content-type`, `request.too-large`, `request.not-utf8` */
export async function readForm(c: WebContext): Promise<Form> {
  const type = c.req.header('content-type')?.split(';')[0]?.trim();
  if (type !== undefined && type !== 'application/x-www-form-urlencoded') {
    throw new FastpathError('request.content-type', `a form is no ${type}: open the page here and send it from there`);
  }
  const text = await c.get('dependencies').readBody(c.req.raw, new BodyText(limitBytes), c.env);
  return new Form(new URLSearchParams(text));
}

/** The same of a page's address. */
export function queryForm(c: WebContext): Form {
  return new Form(new URL(c.req.url).searchParams);
}
