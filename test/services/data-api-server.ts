/**
 * @file A stand-in for the RDS Data API, over HTTP and in front of a real PostgreSQL: the AWS SDK talks to it. As there,
 * parameters are named, a string without a type hint is text and nothing else, times are answered in UTC without their
 * zone, and an error has its SQLSTATE in its text only.
 */
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import pg from 'pg';

interface Parameter {
  name: string;
  typeHint?: string;
  value: Record<string, unknown>;
}
interface Request {
  sql: string;
  parameters?: Parameter[];
  transactionId?: string;
  includeResultMetadata?: boolean;
}

/** PostgreSQL's numbers of types, by the field that a value of them comes in. */
const longTypes = [20, 21, 23, 26];
const doubleTypes = [700, 701];
const boolType = 16;
const textArrayType = 1009;

function cast({ typeHint, value }: Parameter): string {
  if (typeHint !== undefined)
    return { JSON: '::text::jsonb', DECIMAL: '::text::numeric' }[typeHint] ?? `::text::${typeHint.toLowerCase()}`;
  if ('longValue' in value) return '::bigint';
  if ('doubleValue' in value) return '::float8';
  if ('booleanValue' in value) return '::boolean';
  return 'isNull' in value ? '' : '::text';
}

/** `:1` outside of quotes becomes `$1` with the type that the value has there. */
function positional(text: string, parameters: Parameter[]): string {
  return text.replace(/'(?:[^']|'')*'|\$\$[\s\S]*?\$\$|::|:(\d+)/g, (found, name) => {
    return name === undefined ? found : `$${name}${cast(parameters.find((parameter) => parameter.name === name)!)}`;
  });
}

function field(value: string | null, type: number): Record<string, unknown> {
  if (value === null) return { isNull: true };
  if (longTypes.includes(type)) return { longValue: Number(value) };
  if (doubleTypes.includes(type)) return { doubleValue: Number(value) };
  if (type === boolType) return { booleanValue: value === 't' };
  if (type === textArrayType)
    return { arrayValue: { stringValues: JSON.parse(`[${value.slice(1, -1)}]`.replace(/([\w-]+)/g, '"$1"')) } };
  if (type === pg.types.builtins.TIMESTAMPTZ) return { stringValue: value.replace(/\+00$/, '') };
  return { stringValue: value };
}

export class DataApiServer {
  private readonly pool: pg.Pool;
  private readonly transactions = new Map<string, pg.PoolClient>();
  private lastTransaction = 0;

  private constructor(
    private readonly server: Server,
    url: string,
  ) {
    this.pool = new pg.Pool({ connectionString: url, max: 20, options: '-c TimeZone=UTC' });
    this.pool.on('error', () => {});
    server.on('request', (request, response) => void this.serve(request, response));
  }

  static async start(databaseUrl: string): Promise<DataApiServer> {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    return new DataApiServer(server, databaseUrl);
  }

  get endpoint(): string {
    return `http://127.0.0.1:${(this.server.address() as { port: number }).port}`;
  }

  async close(): Promise<void> {
    this.server.closeAllConnections();
    this.server.close();
    await this.pool.end();
  }

  private async serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk);
    try {
      const body = JSON.parse(Buffer.concat(chunks).toString());
      const answer = await this.answer(request.url!, body);
      response.setHeader('content-type', 'application/json').end(JSON.stringify(answer));
    } catch (error) {
      const { code, message } = error as { code?: string; message: string };
      response.statusCode = 400;
      response.setHeader('x-amzn-errortype', 'DatabaseErrorException');
      response.end(JSON.stringify({ message: `ERROR: ${message}; SQLState: ${code}` }));
    }
  }

  private async answer(path: string, body: Request): Promise<unknown> {
    const { transactionId } = body;
    switch (path) {
      case '/BeginTransaction': {
        const id = String(++this.lastTransaction);
        const client = await this.pool.connect();
        await client.query('begin');
        this.transactions.set(id, client);
        return { transactionId: id };
      }
      case '/CommitTransaction':
      case '/RollbackTransaction': {
        const client = this.transactions.get(transactionId!)!;
        this.transactions.delete(transactionId!);
        await client.query(path === '/CommitTransaction' ? 'commit' : 'rollback').finally(() => client.release());
        return { transactionStatus: 'done' };
      }
      default:
        return await this.execute(body);
    }
  }

  private async execute({ sql, parameters = [], transactionId, includeResultMetadata }: Request): Promise<unknown> {
    const on = transactionId === undefined ? this.pool : this.transactions.get(transactionId)!;
    const result = await on.query({
      text: positional(sql, parameters),
      values: parameters.map(({ value }) => ('isNull' in value ? null : Object.values(value)[0])),
      rowMode: 'array',
      types: { getTypeParser: () => (value: string) => value },
    });
    const types = result.fields.map(({ dataTypeID }) => dataTypeID);
    return {
      numberOfRecordsUpdated: result.rowCount ?? 0,
      records: result.rows.map((row: (string | null)[]) => row.map((value, i) => field(value, types[i]!))),
      ...(includeResultMetadata ? { columnMetadata: result.fields.map(({ name }) => ({ name })) } : {}),
    };
  }
}
