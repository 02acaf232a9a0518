/**
 * The part of a Redis client that the packages need: one command with its arguments, the key first where there is one.
 *
 * An ioredis `Redis` or `Cluster` fits as it is. For node-redis: `{ call: (name, ...args) => client.sendCommand([name, ...args.map(String)]) }`.
 */
export interface RedisCommands {
  call(command: string, ...args: ReadonlyArray<string | number | Buffer>): Promise<unknown>;
}
