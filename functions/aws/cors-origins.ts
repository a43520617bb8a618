/** @file FASTPATH_CORS_ORIGINS of the functions: whose pages may read answers, with commas between them. */
import { z } from 'zod';
import { checkedOrigins } from '../api/cors.ts';

/** `https://app.example.com,https://www.example.com`, or `*`; none where it is absent or empty. */
export const corsOriginsSchema = z
  .string()
  .default('')
  .transform((text) => checkedOrigins(text.split(',').filter((origin) => origin !== '')));
