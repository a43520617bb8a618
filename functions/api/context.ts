/** @file What a request carries from one middleware to the next, and what the API is given to work with. */
import type { Context } from 'hono';
import type { ApiDependencies } from './dependencies.ts';

/** What a key allows. `admin` manages keys, webhooks and credit, and includes the other two. */
export type Scope = 'predict' | 'search' | 'admin';

/** Who asks: the tenant and scopes of the key. */
export interface Caller {
  tenantId: string;
  keyId: string;
  scopes: readonly Scope[];
}

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
