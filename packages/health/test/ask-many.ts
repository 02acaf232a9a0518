import { Agent, get } from 'node:http';

/** Asks all of these over 20 kept connections, as a prober does, and gives back the status codes. Cheaper than `fetch`. */
export async function askMany(urls: readonly string[]): Promise<number[]> {
  const agent = new Agent({ keepAlive: true, maxSockets: 20 });
  const codes = await Promise.all(
    urls.map(
      (url) =>
        new Promise<number>((resolve, reject) => {
          get(url, { agent }, (response) => {
            response.resume().on('end', () => resolve(response.statusCode ?? 0));
          }).on('error', reject);
        }),
    ),
  );
  agent.destroy();
  return codes;
}
