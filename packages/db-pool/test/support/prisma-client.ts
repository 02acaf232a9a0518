import { createRequire } from 'node:module';
import { PrismaPg } from '@prisma/adapter-pg';
import { type GetPrismaClientConfig, getPrismaClient } from '@prisma/client/runtime/client';
import type pg from 'pg';

/** What is used of the client that Prisma generates for the schema below. */
export interface AccountsClient {
  readonly account: {
    create(args: { readonly data: { readonly id: number; readonly owner: string } }): Promise<unknown>;
    findMany(args: { readonly orderBy: { readonly id: 'asc' } }): Promise<{ id: number; owner: string }[]>;
  };
  $transaction<T>(
    work: (tx: Pick<AccountsClient, 'account'>) => Promise<T>,
    options: { readonly isolationLevel: 'Serializable'; readonly maxWait: number; readonly timeout: number },
  ): Promise<T>;
  $queryRawUnsafe(text: string): Promise<unknown>;
  $disconnect(): Promise<void>;
}

const schema = `datasource db {
  provider = "postgresql"
}

model Account {
  id    Int    @id
  owner String

  @@map("accounts")
}
`;

const require = createRequire(import.meta.url);

/** Without types of its own. */
const compiler = '@prisma/client/runtime/query_compiler_fast_bg.postgresql';

/** Which Node's own types leave to the browser's. */
const WebAssembly = Reflect.get(globalThis, 'WebAssembly') as {
  readonly Module: new (bytes: Uint8Array) => object;
};

/**
 * What `prisma generate` of Prisma 7.10 writes for this schema, without its types: to generate it at each test would take Prisma's
 * command line, of 300 MB, and a program that it downloads.
 */
const config: GetPrismaClientConfig = {
  previewFeatures: [],
  clientVersion: '7.10.0',
  engineVersion: 'd1b3f377ca835d73fd50954a5e22128b9ebdd6b8',
  activeProvider: 'postgresql',
  inlineSchema: schema,
  runtimeDataModel: JSON.parse(
    '{"models":{"Account":{"fields":[{"name":"id","kind":"scalar","type":"Int"},{"name":"owner","kind":"scalar","type":"String"}],"dbName":"accounts","schema":null}},"enums":{},"types":{}}',
  ),
  parameterizationSchema: {
    strings:
      'where Account.findUnique Account.findUniqueOrThrow orderBy cursor Account.findFirst Account.findFirstOrThrow Account.findMany data Account.createOne Account.createMany Account.createManyAndReturn Account.updateOne Account.updateMany Account.updateManyAndReturn create update Account.upsertOne Account.deleteOne Account.deleteMany having _count _avg _sum _min _max Account.groupBy Account.aggregate AND OR NOT id owner equals in notIn lt lte gt gte contains startsWith endsWith not set increment decrement multiply divide'.split(
        ' ',
      ),
    graph:
      'KwsQBRwAACIAMB0AAAQAEB4AACIAMB8CAAAAASABACQAIQEAAAABACABAAAAAQAgBRwAACIAMB0AAAQAEB4AACIAMB8CACMAISABACQAIQADAAAABAAgAwAABQAwBAAAAQAgAwAAAAQAIAMAAAUAMAQAAAEAIAMAAAAEACADAAAFADAEAAABACACHwIAAAABIAEAAAABAQgAAAkAIAIfAgAAAAEgAQAAAAEBCAAACwAwAQgAAAsAMAIfAgAqACEgAQArACECAAAAAQAgCAAADgAgAh8CACoAISABACsAIQIAAAAEACAIAAAQACACAAAABAAgCAAAEAAgAwAAAAEAIA8AAAkAIBAAAA4AIAEAAAABACABAAAABAAgBRUAACUAIBYAACYAIBcAACkAIBgAACgAIBkAACcAIAUcAAAaADAdAAAXABAeAAAaADAfAgAbACEgAQAcACEDAAAABAAgAwAAFgAwFAAAFwAgAwAAAAQAIAMAAAUAMAQAAAEAIAUcAAAaADAdAAAXABAeAAAaADAfAgAbACEgAQAcACENFQAAHgAgFgAAIQAgFwAAHgAgGAAAHgAgGQAAHgAgIQIAAAABIgIAAAAEIwIAAAAEJAIAAAABJQIAAAABJgIAAAABJwIAAAABKwIAIAAhDhUAAB4AIBgAAB8AIBkAAB8AICEBAAAAASIBAAAABCMBAAAABCQBAAAAASUBAAAAASYBAAAAAScBAAAAASgBAAAAASkBAAAAASoBAAAAASsBAB0AIQ4VAAAeACAYAAAfACAZAAAfACAhAQAAAAEiAQAAAAQjAQAAAAQkAQAAAAElAQAAAAEmAQAAAAEnAQAAAAEoAQAAAAEpAQAAAAEqAQAAAAErAQAdACEIIQIAAAABIgIAAAAEIwIAAAAEJAIAAAABJQIAAAABJgIAAAABJwIAAAABKwIAHgAhCyEBAAAAASIBAAAABCMBAAAABCQBAAAAASUBAAAAASYBAAAAAScBAAAAASgBAAAAASkBAAAAASoBAAAAASsBAB8AIQ0VAAAeACAWAAAhACAXAAAeACAYAAAeACAZAAAeACAhAgAAAAEiAgAAAAQjAgAAAAQkAgAAAAElAgAAAAEmAgAAAAEnAgAAAAErAgAgACEIIQgAAAABIggAAAAEIwgAAAAEJAgAAAABJQgAAAABJggAAAABJwgAAAABKwgAIQAhBRwAACIAMB0AAAQAEB4AACIAMB8CACMAISABACQAIQghAgAAAAEiAgAAAAQjAgAAAAQkAgAAAAElAgAAAAEmAgAAAAEnAgAAAAErAgAeACELIQEAAAABIgEAAAAEIwEAAAAEJAEAAAABJQEAAAABJgEAAAABJwEAAAABKAEAAAABKQEAAAABKgEAAAABKwEAHwAhAAAAAAAFLAIAAAABLQIAAAABLgIAAAABLwIAAAABMAIAAAABASwBAAAAAQAAAAAFFQAGFgAHFwAIGAAJGQAKAAAAAAAFFQAGFgAHFwAIGAAJGQAKAQIBAgMBBQYBBgcBBwgBCQoBCgwCCw0DDA8BDRECDhIEERMBEhQBExUCGhgFGxkL',
  },
  compilerWasm: {
    getRuntime: async () => require(`${compiler}.js`),
    getQueryCompilerWasmModule: async () =>
      new WebAssembly.Module(Buffer.from(require(`${compiler}.wasm-base64.js`).wasm, 'base64')),
    importName: './query_compiler_fast_bg.js',
  },
};

export function openPrisma(pool: pg.Pool): AccountsClient {
  const Client = getPrismaClient(config);
  // The generated types say what the runtime's do not.
  return new Client({ adapter: new PrismaPg(pool) }) as unknown as AccountsClient;
}
