/** @file The whole service as one process with the database inside it. */
import { describeService } from './serve-suite.ts';

describeService('PGlite', async () => ({}));
