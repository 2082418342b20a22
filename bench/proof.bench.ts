import { randomBytes, randomUUID } from 'node:crypto';
import { Agent, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { Controller, type DynamicModule, Get } from '@nestjs/common';
import type { Pool } from 'pg';
import pino from 'pino';
import { createHttpApplication } from '../services/http/http-application.ts';
import { ProofsController } from '../services/integrity/adapters/http/proofs.controller.ts';
import { PostgresHeadStore } from '../services/integrity/adapters/postgres/postgres.head-store.ts';
import { PostgresLeafStore } from '../services/integrity/adapters/postgres/postgres.leaf-store.ts';
import { ENTRY_PUBLICITY } from '../services/integrity/application/entry-publicity.ts';
import { LogQuery } from '../services/integrity/application/log-query.ts';
import { PAYLOAD_ACCESS } from '../services/integrity/application/payload-access.ts';
import { GrowingTree, type Tile } from '../services/integrity/domain/tree/growing-tree.ts';
import { hashBytes } from '../services/integrity/domain/tree/node-hash.ts';
import { createPool } from '../services/read-store/pool.ts';
import { type BenchContext, percentile } from './report.ts';
import { createDatabase } from './support/fresh-database.ts';
import { startThrowawayPostgres } from './support/throwaway-postgres.ts';

const slug = 'bench';
const leavesAtOnce = 200_000;
const provable = 5_000;
const callers = 4;
const roundMs = 5_000;
const megabyte = 1_000_000;

/** What the same server does for a request that asks nothing of the database. */
@Controller('v1/nothing')
class NothingController {
  @Get()
  answer(): { readonly entry: string } {
    return { entry: 'x'.repeat(2_500) };
  }
}

/**
 * Inclusion proofs over HTTP, by event id, in a log of 10 M leaves, four callers at a time. The baseline is a route of the same server
 * that answers as many bytes and asks nobody. Also the size of the tiles of such a log. Option: how many leaves.
 */
export async function run({ report, options }: BenchContext): Promise<void> {
  const leaves = Number(options[0] ?? 10_000_000);
  const server = await startThrowawayPostgres();
  try {
    const database = await createDatabase(server.url);
    const pool = createPool({ url: database.serviceUrl });
    const { ids, tileBytes } = await buildLog(pool, leaves);
    report({ name: 'proof.tiles', figure: tileBytes / megabyte, unit: 'MB', baseline: (leaves * hashBytes) / megabyte });
    const query = new LogQuery(new PostgresLeafStore(pool), new PostgresHeadStore(pool));
    const http = await createHttpApplication(moduleOf(query), pino({ level: 'silent' }));
    await http.app.listen(0, '127.0.0.1');
    const { port } = http.app.getHttpServer().address() as AddressInfo;
    const bare = await measure(port, () => '/v1/nothing');
    const proofs = await measure(port, () => `/v1/logs/${slug}/proofs/inclusion?event=${ids[Math.floor(Math.random() * ids.length)]}`);
    const [p50, p99] = [percentile(proofs.latencies, 0.5), percentile(proofs.latencies, 0.99)];
    report({ name: 'proof.http', figure: proofs.perSecond, unit: 'proofs/s', p50, p99, baseline: bare.perSecond });
    await http.close();
    await pool.end();
  } finally {
    await server.stop();
  }
}

class ProofModule {}

function moduleOf(query: LogQuery): DynamicModule {
  return {
    module: ProofModule,
    controllers: [ProofsController, NothingController],
    providers: [
      { provide: LogQuery, useValue: query },
      { provide: ENTRY_PUBLICITY, useValue: { arePublic: () => Promise.resolve(true) } },
      { provide: PAYLOAD_ACCESS, useValue: { mayRead: () => Promise.resolve(false) } },
    ],
  };
}

/** The tree of so many leaves, of which some can be asked for: all of them would be ten gigabytes that no proof reads. */
async function buildLog(pool: Pool, leaves: number): Promise<{ ids: string[]; tileBytes: number }> {
  const tree = new GrowingTree();
  const ids: string[] = [];
  for (let first = 0; first < leaves; first += leavesAtOnce) {
    const hashes = randomBytes(Math.min(leavesAtOnce, leaves - first) * hashBytes);
    await writeTiles(pool, tree.append(hashes));
    const places = Array.from({ length: Math.ceil((provable * leavesAtOnce) / leaves) }, () =>
      Math.floor(Math.random() * (hashes.length / hashBytes)),
    );
    ids.push(...(await writeLeaves(pool, first, hashes, new Set(places))));
  }
  await pool.query(`insert into integrity_head (log, size, root, published_size, published_root, note) values ($1, $2, $3, $2, $3, $4)`, [
    slug,
    leaves,
    tree.root(),
    `${slug}.example/bench\n${leaves}\n${tree.root().toString('base64')}\n\n${'-'.repeat(120)}\n`,
  ]);
  await pool.query('analyze integrity_tile, integrity_leaf');
  const { rows } = await pool.query<{ bytes: string }>('select sum(octet_length(hashes))::text as bytes from integrity_tile');
  return { ids, tileBytes: Number(rows[0]?.bytes) };
}

async function writeTiles(pool: Pool, tiles: readonly Tile[]): Promise<void> {
  await pool.query(
    `insert into integrity_tile (log, level, tile_index, hashes) select $1, * from unnest($2::smallint[], $3::bigint[], $4::bytea[])
     on conflict on constraint integrity_tile_pkey do update set hashes = excluded.hashes`,
    [slug, tiles.map(({ level }) => level), tiles.map(({ index }) => index), tiles.map(({ hashes }) => hashes)],
  );
}

async function writeLeaves(pool: Pool, first: number, hashes: Buffer, places: ReadonlySet<number>): Promise<string[]> {
  const chosen = [...places];
  const ids = chosen.map(() => randomUUID());
  await pool.query(
    `insert into integrity_leaf (log, leaf_index, store_position, stream, revision, event_id, leaf_hash, entry)
     select $1, place, place, 'bench.account-' || id, 0, id, hash, $5 from unnest($2::bigint[], $3::uuid[], $4::bytea[]) as leaf (place, id, hash)`,
    [
      slug,
      chosen.map((place) => first + place),
      ids,
      chosen.map((place) => hashes.subarray(place * hashBytes, (place + 1) * hashBytes)),
      'x'.repeat(600),
    ],
  );
  return ids;
}

async function measure(port: number, pathOf: () => string): Promise<{ perSecond: number; latencies: number[] }> {
  const agent = new Agent({ keepAlive: true, maxSockets: callers });
  const latencies: number[] = [];
  const began = performance.now();
  const call = async () => {
    for (let sent = performance.now(); sent - began < roundMs; sent = performance.now()) {
      await get(agent, port, pathOf());
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
