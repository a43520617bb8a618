/** @file Keys that were looked up lately, by their SHA-256. Only for a process that has the database to itself. */
import type { KeyScope } from '../../../shared/db/schema/keys.ts';

export interface KnownKey {
  tenantId: string;
  keyId: string;
  scopes: readonly KeyScope[];
}

export class KnownKeys {
  private readonly keys = new Map<string, { key: KnownKey; untilMs: number }>();

  /**
   * @param keepMs how long a look-up holds. A process that alone writes the database may keep keys, since it forgets
   * those it revokes; where others revoke as well it has to be 0.
   */
  constructor(private readonly keepMs: number) {}

  find(sha256: string, nowMs: number): KnownKey | null {
    const found = this.keys.get(sha256);
    return found !== undefined && nowMs < found.untilMs ? found.key : null;
  }

  add(sha256: string, key: KnownKey, nowMs: number): void {
    if (this.keepMs === 0) return;
    // Only keys that exist get here, so what is held is bounded by what was made.
    this.keys.set(sha256, { key, untilMs: nowMs + this.keepMs });
  }

  forget(sha256: string): void {
    this.keys.delete(sha256);
  }
}
