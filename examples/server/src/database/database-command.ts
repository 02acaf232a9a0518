import type { Logger } from '@seaworthy/contracts';
import type { Db } from '@seaworthy/db-pool';
import { createMigrations } from '@seaworthy/db-pool/migrations';
import { createLogger } from '@seaworthy/logging';

export interface DatabaseCommandOptions<Config> {
  /** Stands in the log lines as the service. */
  readonly name: string;
  readonly schema: { loadOrExit(): Config; profileOf(config: Config): string };
  readonly open: (config: Config, logger: Logger) => Db;
}

/** Brings the database to the newest schema, as the service does at its start. */
export function migrateDatabase<Config extends object>(
  options: DatabaseCommandOptions<Config> & { readonly folder: string },
): Promise<void> {
  return withDatabase(options, async (db, logger) => {
    const applied = await createMigrations(db, { folder: options.folder, logger }).up();
    logger.info('The schema is up to date', { applied });
  });
}

/** Puts the demonstration's data into an empty database. `seed` says whether it added any. */
export function seedDatabase<Config extends object>(
  options: DatabaseCommandOptions<Config> & { readonly seed: (db: Db, today: Date) => Promise<boolean> },
): Promise<void> {
  return withDatabase(options, async (db, logger) => {
    const added = await options.seed(db, new Date());
    logger.info(added ? 'Demonstration data added' : 'There is data already, nothing was added');
  });
}

async function withDatabase<Config extends object>(
  { name, schema, open }: DatabaseCommandOptions<Config>,
  work: (db: Db, logger: Logger) => Promise<void>,
): Promise<void> {
  const config = schema.loadOrExit();
  const logger = createLogger({ service: name, environment: schema.profileOf(config) });
  const db = open(config, logger);
  try {
    await db.ready();
    await work(db, logger);
  } finally {
    await db.close();
    await logger.close();
  }
}
