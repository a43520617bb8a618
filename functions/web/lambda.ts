/** @file The dashboard as an AWS Lambda function of its own, behind the same CloudFront as the API. */
import { openDependencies } from '../aws/api-dependencies.ts';
import { readLambdaEnvironment } from '../aws/environment.ts';
import { behindOrigin } from '../aws/origin.ts';
import { streamed } from '../aws/response-stream.ts';
import { webApp } from './app.ts';

const environment = readLambdaEnvironment(process.env);
const { fetch } = webApp(openDependencies(environment));
export const handler = streamed(behindOrigin(environment.originSha256, fetch));
