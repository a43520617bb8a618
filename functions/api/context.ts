/** @file What a request carries from one middleware to the next. */
import type { Context } from 'hono';
import type { Caller } from '../service/keys/authenticate.ts';
import type { ApiDependencies } from './dependencies.ts';

export interface ApiEnv {
  Variables: {
    requestId: string;
    dependencies: ApiDependencies;
    caller: Caller;
    /** the body as it came, where the route has one */
    bodyText: string;
  };
}

export type ApiContext = Context<ApiEnv>;
