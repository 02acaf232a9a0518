import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { onTestFinished } from 'vitest';

type Reply =
  | { readonly status: number; readonly type: string; readonly message?: string }
  | { readonly raw: string; readonly status?: number }
  | 'silence'
  | 'cut';

export interface AwsEndpoint {
  readonly url: string;
  /** `X-Amz-Target` and body of each request. */
  readonly asked: Array<{
    readonly target: string | undefined;
    readonly body: Record<string, unknown>;
    readonly authorization: string | undefined;
  }>;
  /** Writes a new version as AWSCURRENT; the last one becomes AWSPREVIOUS. */
  write(secretId: string, secret: string | Uint8Array): void;
  /** The next `times` requests are answered with this. */
  trouble(reply: Reply, times?: number): void;
}

/**
 * Secrets Manager as the SDK sees it: JSON 1.1 over POST, the operation in `X-Amz-Target`, errors by `__type`
 * (smithy.io/2.0/aws/protocols/aws-json-1_1-protocol.html).
 */
export async function startAwsEndpoint(): Promise<AwsEndpoint> {
  const secrets = new Map<string, Array<string | Uint8Array>>();
  const asked: AwsEndpoint['asked'] = [];
  const troubles: Array<{ reply: Reply; times: number }> = [];

  const server = createServer((request, response) => {
    let text = '';
    request.setEncoding('utf8').on('data', (chunk: string) => {
      text += chunk;
    });
    request.on('end', () => {
      const body = JSON.parse(text);
      const target = request.headers['x-amz-target'];
      asked.push({ target: String(target), body, authorization: request.headers.authorization });
      const met = troubles.find(({ times }) => times > 0);
      if (met !== undefined) {
        met.times -= 1;
        meet(met.reply, request, response);
        return;
      }
      const versions = secrets.get(body.SecretId) ?? [];
      const back = body.VersionStage === 'AWSPREVIOUS' ? 2 : 1;
      const secret = versions.at(-back);
      if (target !== 'secretsmanager.GetSecretValue' || secret === undefined) {
        fail(response, 400, 'ResourceNotFoundException', "Secrets Manager can't find the specified secret.");
        return;
      }
      const value =
        typeof secret === 'string'
          ? { SecretString: secret }
          : { SecretBinary: Buffer.from(secret).toString('base64') };
      send(response, 200, {
        ARN: `arn:aws:secretsmanager:eu-central-1:1:secret:${body.SecretId}`,
        Name: body.SecretId,
        VersionId: `version-${versions.length - back + 1}`,
        VersionStages: [body.VersionStage ?? 'AWSCURRENT'],
        CreatedDate: 1.7e9,
        ...value,
      });
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });

  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    asked,
    write: (secretId, secret) => void secrets.set(secretId, [...(secrets.get(secretId) ?? []), secret]),
    trouble: (reply, times = 1) => void troubles.push({ reply, times }),
  };
}

function meet(reply: Reply, request: IncomingMessage, response: ServerResponse): void {
  if (reply === 'silence') return;
  if (reply === 'cut') {
    response.writeHead(200, { 'content-type': 'application/x-amz-json-1.1', 'content-length': '5000' });
    response.write('{"SecretString":"qzvkx');
    setImmediate(() => request.socket.destroy());
    return;
  }
  if ('raw' in reply) {
    response.writeHead(reply.status ?? 200, { 'content-type': 'application/x-amz-json-1.1' });
    response.end(reply.raw);
    return;
  }
  fail(response, reply.status, reply.type, reply.message ?? 'qzvkx: what the service says');
}

function fail(response: ServerResponse, status: number, type: string, message: string): void {
  send(response, status, { __type: type, message, Message: message });
}

function send(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { 'content-type': 'application/x-amz-json-1.1', 'x-amzn-requestid': 'r' });
  response.end(JSON.stringify(body));
}
