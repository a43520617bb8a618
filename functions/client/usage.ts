/** @file `fastpath.usage` and `fastpath.credit`. */
import type { Credit, CreditEntry, TopUp } from '../../shared/contract/api/credit.ts';
import type { Usage } from '../../shared/contract/api/usage.ts';
import { answerOf, type Connection, calling, once } from './connection.ts';
import type { CallOptions, CreateOptions } from './options.ts';
import { itemsOf } from './pages.ts';

export interface UsageOptions extends CallOptions {
  /** calendar month in UTC, e.g. `2026-11`; this one when absent */
  month?: string;
}

export class UsageOfMonths {
  /** @internal */
  constructor(private readonly connection: Connection) {}

  /** What was used in a month, by search. */
  get({ month, ...options }: UsageOptions = {}): Promise<Usage> {
    return answerOf(this.connection.http.v1.usage.$get({ query: { month } }, calling(options))) as Promise<Usage>;
  }

  /** The same for spreadsheets. */
  async csv({ month, ...options }: UsageOptions = {}): Promise<string> {
    const query = { month, format: 'csv' } as const;
    return (await this.connection.http.v1.usage.$get({ query }, calling(options))).text();
  }
}

export class CreditOfTenant {
  /** @internal */
  constructor(private readonly connection: Connection) {}

  get(options: CallOptions = {}): Promise<Credit> {
    return answerOf(this.connection.http.v1.credit.$get({}, calling(options)));
  }

  /** Every movement of credit, newest first. */
  entries(options: CallOptions = {}): AsyncGenerator<CreditEntry, void> {
    const { entries } = this.connection.http.v1.credit;
    return itemsOf((after) => answerOf(entries.$get({ query: { after } }, calling(options))));
  }

  /** Only with the operator's key. */
  topUp(payment: TopUp, options: CreateOptions = {}): Promise<Credit> {
    return answerOf(this.connection.http.v1.credit.$post({ json: payment, header: once(options) }, calling(options)));
  }
}
