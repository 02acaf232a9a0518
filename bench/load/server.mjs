// One server in a process of its own: the parent names it, is told its port, and may ask what CPU it has used.
import { once } from 'node:events';
import * as programs from '../programs/http-servers.mjs';

process.once('disconnect', () => process.exit());
const [{ name, context }] = await once(process, 'message');
const create = Object.entries(programs).find(([exported]) => exported === name)?.[1];
if (create === undefined) throw new Error(`programs/http-servers.mjs has no "${name}"`);
const server = (await create(context)).listen(0, '127.0.0.1');
await once(server, 'listening');
process.on('message', () => {
  const { user, system } = process.cpuUsage();
  process.send?.(user + system);
});
const address = server.address();
process.send?.(typeof address === 'object' ? address?.port : undefined);
