/** @file What a request to the dashboard carries from one middleware to the next. */
import type { Context } from 'hono';
import type { ApiDependencies } from '../api/dependencies.ts';
import type { Caller } from '../service/keys/authenticate.ts';

export interface WebEnv {
  Variables: {
    requestId: string;
    dependencies: ApiDependencies;
    /** who is signed in; absent on pages that need nobody */
    caller: Caller | undefined;
    /** what a page's Content-Security-Policy allows besides the usual, by directive */
    allowed: Policy | undefined;
  };
}

/** Sources by directive, e.g. `{ 'script-src': ["'wasm-unsafe-eval'"] }`. */
export type Policy = Readonly<Record<string, readonly string[]>>;

export type WebContext = Context<WebEnv>;

/** Of pages behind the sign-in. */
export function callerOf(c: WebContext): Caller {
  return c.get('caller')!;
}
