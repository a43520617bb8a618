/** @file A store that is opened with its first use: loading the S3 client takes time that a start should not wait for. */
import type { Link, LinkRequest, ObjectEntry, ObjectStore, StoredObject, WriteCondition } from './object-store.ts';

export class LateStore implements ObjectStore {
  private opened: Promise<ObjectStore> | undefined;

  constructor(
    readonly uri: string,
    private readonly open: () => Promise<ObjectStore>,
  ) {}

  async get(key: string): Promise<StoredObject | null> {
    return (await this.store()).get(key);
  }

  async getIfChanged(key: string, etag: string | null): Promise<StoredObject | null> {
    return (await this.store()).getIfChanged(key, etag);
  }

  async getRange(key: string, start: number, length: number): Promise<Uint8Array> {
    return (await this.store()).getRange(key, start, length);
  }

  async *getStream(key: string): AsyncIterable<Uint8Array> {
    yield* (await this.store()).getStream(key);
  }

  async put(
    key: string,
    content: Uint8Array | AsyncIterable<Uint8Array>,
    condition?: WriteCondition,
  ): Promise<{ etag: string }> {
    return (await this.store()).put(key, content, condition);
  }

  async *list(prefix: string): AsyncIterable<ObjectEntry> {
    yield* (await this.store()).list(prefix);
  }

  async delete(key: string): Promise<void> {
    return (await this.store()).delete(key);
  }

  async deletePrefix(prefix: string): Promise<void> {
    return (await this.store()).deletePrefix(prefix);
  }

  async removeAbandoned(before: Date): Promise<void> {
    return (await this.store()).removeAbandoned(before);
  }

  async link(key: string, request: LinkRequest): Promise<Link> {
    return (await this.store()).link(key, request);
  }

  private store(): Promise<ObjectStore> {
    this.opened ??= this.open().catch((error: unknown) => {
      // The next use tries again.
      this.opened = undefined;
      throw error;
    });
    return this.opened;
  }
}
