/** @file What a request carries from one middleware to the next. */
import type { Context } from 'hono';
import type { OpenSession } from '../service/hardware/sessions/authenticate-session.ts';
import type { Caller } from '../service/keys/authenticate.ts';
import type { ApiDependencies } from './dependencies.ts';

export interface ApiEnv {
  Variables: {
    requestId: string;
    dependencies: ApiDependencies;
    caller: Caller;
    /** of a device that came with the token of its measurement session instead of a key */
    session: OpenSession | undefined;
    /** the body as it came, where the route has one */
    bodyText: string;
  };
}

export type ApiContext = Context<ApiEnv>;
