/** @file The whole API as an AWS Lambda function behind a function URL in the mode RESPONSE_STREAM. */
import { openDependencies } from '../aws/api-dependencies.ts';

import { readLambdaEnvironment } from '../aws/environment.ts';
import { behindOrigin } from '../aws/origin.ts';
import { streamed } from '../aws/response-stream.ts';
import { apiApp } from './app.ts';
import { withCors } from './cors.ts';

const environment = readLambdaEnvironment(process.env);
const { fetch } = apiApp(openDependencies(environment));
export const handler = streamed(withCors(environment.corsOrigins, behindOrigin(environment.originSha256, fetch)));
