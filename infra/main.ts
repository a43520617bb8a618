/** @file What the CDK's command line runs: `FASTPATH_STAGE` names the stage. */
import { fastpathApp } from './app.ts';
import { readSettings } from './config/settings.ts';

const stage = process.env.FASTPATH_STAGE ?? '';
fastpathApp(stage, readSettings(stage)).app.synth();
