/* Forked by http-load.ts: sends GET requests as it is told, and tells how long they took. */
import { Agent, request } from 'node:http';
import { text } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
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

async function generate({ port, paths, callers, perSecond, forMs }: HttpLoad): Promise<HttpLoadFigures> {
  const agent = new Agent({ keepAlive: true, maxSockets: callers });
  const latencies: number[] = [];
  const drawn = () => paths[Math.floor(Math.random() * paths.length)] as string;
  const began = performance.now();
  const call = async () => {
    for (let sent = performance.now(); sent - began < forMs; sent = performance.now()) {
      await get(agent, port, drawn());
      latencies.push(performance.now() - sent);
    }
  };
  const paced = async (pace: number) => {
    const answers: Promise<void>[] = [];
    for (let due = began; due - began < forMs; due += 1000 / pace) {
      await sleep(Math.max(0, due - performance.now()));
      const dueAt = due;
      answers.push(get(agent, port, drawn()).then(() => void latencies.push(performance.now() - dueAt)));
    }
    await Promise.all(answers);
  };
  if (perSecond === undefined) await Promise.all(Array.from({ length: callers }, call));
  else await paced(perSecond);
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
