/** @file Reads server-sent events (WHATWG HTML, section 9.2) from the body of an answer. */

export interface ServerEvent {
  /** null where the event has none */
  id: string | null;
  name: string;
  data: string;
}

/**
 * The events, until the stream ends; an event that the end cuts off is left out.
 * @param quietMs most time between two pieces of the stream, comments included
 * @throws Error where it breaks or falls silent
 */
export async function* serverEvents(
  body: ReadableStream<Uint8Array>,
  quietMs: number,
): AsyncGenerator<ServerEvent, void> {
  const reader = body.getReader();
  const decoder = new TextDecoder();
  let text = '';
  try {
    for (;;) {
      const { done, value } = await soon(reader.read(), quietMs);
      if (done) return;
      text += decoder.decode(value, { stream: true });
      // A carriage return at the end may be half of a line's end.
      const blocks = text.replaceAll(/\r\n|\r(?!$)/g, '\n').split('\n\n');
      text = blocks.pop()!;
      for (const block of blocks) {
        const event = eventOf(block);
        if (event !== null) yield event;
      }
    }
  } finally {
    // What broke has been thrown already.
    await reader.cancel().catch(() => undefined);
  }
}

/** Null for comments and for fields alone, such as `retry`. */
function eventOf(block: string): ServerEvent | null {
  const event: ServerEvent = { id: null, name: 'message', data: '' };
  const data: string[] = [];
  for (const line of block.split('\n')) {
    const [, field, value] = /^([^:]*):? ?(.*)$/.exec(line)!;
    if (field === 'id') event.id = value!;
    else if (field === 'event') event.name = value!;
    else if (field === 'data') data.push(value!);
  }
  return data.length === 0 ? null : { ...event, data: data.join('\n') };
}

async function soon<T>(promise: Promise<T>, ms: number): Promise<T> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const silence = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`nothing came for ${ms / 1e3} s`)), ms);
  });
  try {
    return await Promise.race([promise, silence]);
  } finally {
    clearTimeout(timer);
  }
}
