/** @file A strict reader for the subset of XML that our pictures use; the tests look at pictures through it. */

export interface Element {
  name: string;
  attributes: Record<string, string>;
  children: Element[];
  /** own text, entities resolved */
  text: string;
}

const entities: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', '#39': "'" };

function resolve(raw: string): string {
  const isForbidden = (c: string) =>
    c === '<' || (c < ' ' && !'\t\n\r'.includes(c)) || c === '\ufffe' || c === '\uffff';
  if ([...raw].some(isForbidden)) throw new Error(`forbidden character in ${raw}`);
  return raw.replace(/&([^;]*;?)/g, (_, body: string) => {
    const resolved = body.endsWith(';') ? entities[body.slice(0, -1)] : undefined;
    if (resolved === undefined) throw new Error(`bad entity &${body}`);
    return resolved;
  });
}

function attributesOf(source: string): Record<string, string> {
  const attributes: Record<string, string> = {};
  const rest = source.replace(/\s+([\w:-]+)="([^"]*)"/g, (_, name: string, value: string) => {
    if (Object.hasOwn(attributes, name)) throw new Error(`attribute ${name} twice`);
    attributes[name] = resolve(value);
    return '';
  });
  if (rest.trim() !== '') throw new Error(`malformed attributes: ${rest}`);
  return attributes;
}

/** The root element. Throws at the first thing that is not well-formed. */
export function parseStrictXml(source: string): Element {
  const outside: Element = { name: '', attributes: {}, children: [], text: '' };
  const open = [outside];
  let position = 0;
  while (position < source.length) {
    const here = open.at(-1)!;
    const next = source.indexOf('<', position);
    const text = source.slice(position, next === -1 ? undefined : next);
    here.text += resolve(text);
    if (next === -1) break;
    const match = /^<(\/?)([A-Za-z][\w:-]*)((?:\s+[\w:-]+="[^"]*")*)\s*(\/?)>/.exec(source.slice(next));
    if (!match) throw new Error(`not a tag: ${source.slice(next, next + 60)}`);
    const [whole, closing, name, attributes, selfClosing] = match;
    position = next + whole.length;
    if (closing) {
      if (open.length === 1 || here.name !== name) throw new Error(`</${name}> closes <${here.name}>`);
      open.pop();
    } else {
      const element: Element = { name: name!, attributes: attributesOf(attributes!), children: [], text: '' };
      here.children.push(element);
      if (!selfClosing) open.push(element);
    }
  }
  if (open.length !== 1) throw new Error(`<${open.at(-1)!.name}> is never closed`);
  if (outside.children.length !== 1 || outside.text.trim() !== '') throw new Error('there must be one root element');
  return outside.children[0]!;
}

/** The element and everything in it, in document order. */
export function everyElement(root: Element): Element[] {
  return [root, ...root.children.flatMap(everyElement)];
}
