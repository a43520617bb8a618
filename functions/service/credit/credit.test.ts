import { openTestDatabase } from '../../../shared/db/test-database.ts';
import { describeCredit } from './credit-suite.ts';

describeCredit('PGlite', openTestDatabase);
