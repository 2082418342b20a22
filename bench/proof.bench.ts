import { randomBytes, randomUUID } from 'node:crypto';
import type { AddressInfo } from 'node:net';
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
import { type HttpLoadFigures, startHttpLoad } from './support/http-load.ts';
import { startThrowawayPostgres } from './support/throwaway-postgres.ts';

const slug = 'bench';
const leavesAtOnce = 200_000;
/** Many more than the tiles that a service keeps, so that nearly every proof needs one that it does not. */
const provable = 50_000;
const callers = 4;
const pacePerSecond = 500;
const coldMs = 1_000;
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
 * Inclusion proofs over HTTP, by event id, of leaves drawn from the whole of a log of 10 M: in the first second of a service and of a
 * Postgres that were just started (`cold`), then four callers that ask as fast as they are answered, and one, and then 500 a second (`paced`). The callers are a process of their own; all three share
 * the cores. The baseline is a route of the same server that answers as many bytes and asks nobody (`nothing`): its p99 is what the machine
 * adds. `cpu` is the time that the service's own process computes for a proof and for such an answer, which other work on the machine
 * changes little. Also the size of the tiles of such a log. Option: how many leaves.
 */
export async function run({ report, options }: BenchContext): Promise<void> {
  const leaves = Number(options[0] ?? 10_000_000);
  const server = await startThrowawayPostgres();
  const load = startHttpLoad();
  try {
    const { serviceUrl } = await createDatabase(server.url);
    const { ids, tileBytes } = await buildLog(serviceUrl, leaves);
    report({ name: 'proof.tiles', figure: tileBytes / megabyte, unit: 'MB', baseline: (leaves * hashBytes) / megabyte });
    await server.restart();
    const pool = createPool({ url: serviceUrl });
    const query = new LogQuery(new PostgresLeafStore(pool), new PostgresHeadStore(pool));
    const http = await createHttpApplication(moduleOf(query), pino({ level: 'silent' }));
    await http.app.listen(0, '127.0.0.1');
    const { port } = http.app.getHttpServer().address() as AddressInfo;
    const paths = ids.map((id) => `/v1/logs/${slug}/proofs/inclusion?event=${id}`);
    const cold = await load.run({ port, paths, callers, forMs: coldMs });
    report({ name: 'proof.http.cold', figure: cold.perSecond, unit: 'proofs/s', ...percentiles(cold) });
    for (const [name, many] of [
      ['proof.http', callers],
      ['proof.http.alone', 1],
    ] as const) {
      const bare = await withCpu(() => load.run({ port, paths: ['/v1/nothing'], callers: many, forMs: roundMs }));
      report({ name: `${name}.nothing`, figure: bare.perSecond, unit: 'answers/s', ...percentiles(bare) });
      const proofs = await withCpu(() => load.run({ port, paths, callers: many, forMs: roundMs }));
      report({ name, figure: proofs.perSecond, unit: 'proofs/s', ...percentiles(proofs), baseline: bare.perSecond });
      report({ name: `${name}.cpu`, figure: proofs.cpuUs, unit: 'us each', baseline: bare.cpuUs });
    }
    for (const [name, asked] of [
      ['proof.http.paced.nothing', ['/v1/nothing']],
      ['proof.http.paced', paths],
    ] as const) {
      const paced = { port, paths: asked, callers: 32, perSecond: pacePerSecond };
      await load.run({ ...paced, forMs: coldMs }); // More connections to Postgres are opened than four callers need.
      const figures = await load.run({ ...paced, forMs: roundMs });
      report({ name, figure: figures.perSecond, unit: 'answers/s', ...percentiles(figures) });
    }
    await http.close();
    await pool.end();
  } finally {
    load.stop();
    await server.stop();
  }
}

/** With the microseconds that this process computed for each answer. */
async function withCpu(work: () => Promise<HttpLoadFigures>): Promise<HttpLoadFigures & { readonly cpuUs: number }> {
  const before = process.cpuUsage();
  const figures = await work();
  const { user, system } = process.cpuUsage(before);
  return { ...figures, cpuUs: (user + system) / figures.latencies.length };
}

function percentiles({ latencies }: HttpLoadFigures): { p50: number; p99: number } {
  return { p50: percentile(latencies, 0.5), p99: percentile(latencies, 0.99) };
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
async function buildLog(url: string, leaves: number): Promise<{ ids: string[]; tileBytes: number }> {
  const pool = createPool({ url });
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
  // What autovacuum would do in the midst of the measuring.
  await pool.query('vacuum (analyze) integrity_tile, integrity_leaf');
  const { rows } = await pool.query<{ bytes: string }>('select sum(octet_length(hashes))::text as bytes from integrity_tile');
  await pool.end();
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
