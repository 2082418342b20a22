/* Forked by http-load.ts: sends GET requests as it is told, and tells how long they took. */
import { Agent, request } from 'node:http';
import { text } from 'node:stream/consumers';
import type { HttpLoad, HttpLoadFigures } from './http-load.ts';

process.on('message', (load: HttpLoad) => {
  generate(load).then(
    (figures) => process.send?.(figures),
    (error: unknown) => {
      console.error(error);
      process.exit(1);
    },
  );
});

async function generate({ port, paths, callers, forMs }: HttpLoad): Promise<HttpLoadFigures> {
  const agent = new Agent({ keepAlive: true, maxSockets: callers });
  const latencies: number[] = [];
  const began = performance.now();
  const call = async () => {
    for (let sent = performance.now(); sent - began < forMs; sent = performance.now()) {
      await get(agent, port, paths[Math.floor(Math.random() * paths.length)] as string);
      latencies.push(performance.now() - sent);
    }
  };
  await Promise.all(Array.from({ length: callers }, call));
  agent.destroy();
  return { perSecond: (latencies.length * 1000) / (performance.now() - began), latencies };
}

function get(agent: Agent, port: number, path: string): Promise<void> {
  return new Promise((resolve, reject) => {
    request({ agent, host: '127.0.0.1', port, path }, (response) => {
      text(response).then(
        (body) => (response.statusCode === 200 ? resolve() : reject(new Error(body))),
        (error: unknown) => reject(error as Error),
      );
    })
      .once('error', reject)
      .end();
  });
}
