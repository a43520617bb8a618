/** @file One stage as an app of the AWS CDK: a single stack, of no account or region in particular. */
import { App, type AppProps, CfnOutput, Stack, Tags, Validations } from 'aws-cdk-lib';
import { AwsSolutionsChecks } from 'cdk-nag';
import { Compute } from './compute/compute.ts';
import type { Settings } from './config/settings.ts';
import { Data } from './data/data.ts';
import { acknowledgeExceptions } from './exceptions.ts';
import { Service } from './service/service.ts';
import { stageTag } from './service/watch.ts';

export class FastpathStack extends Stack {
  constructor(app: App, stage: string, settings: Settings) {
    super(app, `fastpath-${stage}`, { description: `Fastpath, stage ${stage}` });
    const data = new Data(this, 'Data', settings);
    const compute = new Compute(this, 'Compute', data, settings);
    const service = new Service(this, 'Service', { stage, settings, data, compute });
    Tags.of(this).add(stageTag, stage);
    // What `npm run smoke` asks for.
    new CfnOutput(this, 'Url', { value: service.url });
    new CfnOutput(this, 'KeysSecret', { value: data.keys.secretArn });
    acknowledgeExceptions(this, settings);
  }
}

export function fastpathApp(
  stage: string,
  settings: Settings,
  props: AppProps = {},
): { app: App; stack: FastpathStack } {
  const app = new App({ analyticsReporting: false, ...props });
  const stack = new FastpathStack(app, stage, settings);
  Validations.of(app).addPlugins(new AwsSolutionsChecks(app));
  return { app, stack };
}
