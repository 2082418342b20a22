import { describe, expect, it } from '@jest/globals';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { readSettings, settingNames } from '../../../services/main/settings.ts';
import { projectRoot } from '../../../services/read-store/project-root.ts';

interface ComposeService {
  readonly image: string;
  readonly build?: { readonly context: string; readonly dockerfile: string };
  readonly environment?: Readonly<Record<string, string>>;
  readonly ports: readonly string[];
  readonly volumes: readonly string[];
  readonly healthcheck: { readonly test: readonly string[] };
  readonly depends_on?: Readonly<Record<string, { readonly condition: string }>>;
}

const root = projectRoot(import.meta.dirname);
const compose = parse(readFileSync(join(root, 'docker-compose.yml'), 'utf8')) as {
  readonly services: Readonly<Record<string, ComposeService>>;
  readonly volumes: Readonly<Record<string, unknown>>;
};
const service = compose.services['service'] as ComposeService;
const stages = readFileSync(join(root, 'Dockerfile'), 'utf8')
  .split(/^FROM /m)
  .slice(1);

describe('docker-compose.yml', () => {
  it('starts an EventStoreDB, a Postgres, a chain node and the service', () => {
    expect(Object.keys(compose.services)).toEqual(['eventstore', 'postgres', 'chain', 'service']);
  });

  it.each(Object.entries(compose.services))(
    'pins the image of %s, binds its ports to this machine and asks for its health',
    (_name, { image, ports, healthcheck, volumes }) => {
      expect(image).toMatch(/:v?\d+\.\d+(\.\d+)?/);
      expect(ports.every((port) => port.startsWith('127.0.0.1:'))).toBe(true);
      expect(healthcheck.test.length).toBeGreaterThan(1);
      for (const volume of volumes) expect(Object.keys(compose.volumes)).toContain(volume.split(':')[0]);
    },
  );

  it('takes the major versions that the project is made for', () => {
    expect(compose.services['eventstore']?.image).toMatch(/:23\.10\./);
    expect(compose.services['postgres']?.image).toMatch(/:18\./);
  });

  it('configures the service with settings that it knows and accepts', () => {
    const environment = service.environment ?? {};
    for (const name of Object.keys(environment)) expect(settingNames).toContain(name);
    const given = Object.fromEntries(Object.entries(environment).map(([name, value]) => [name, value.replace(/\$\{\w+(:-)?\}/g, '')]));
    expect(readSettings([], given)).toMatchObject({
      host: '0.0.0.0',
      port: 3000,
      dataFolder: '/data',
      eventStoreUrl: 'esdb://eventstore:2113?tls=false',
      chain: { kind: 'remote', url: 'http://chain:8545' },
    });
  });

  it('starts the service after every engine is healthy', () => {
    expect(Object.keys(service.depends_on ?? {})).toEqual(['eventstore', 'postgres', 'chain']);
    for (const { condition } of Object.values(service.depends_on ?? {})) expect(condition).toBe('service_healthy');
  });

  it('builds the service from the Dockerfile', () => {
    expect(existsSync(join(root, service.build?.context ?? '', service.build?.dockerfile ?? ''))).toBe(true);
  });

  it('holds no password', () => {
    const passwords = Object.values(compose.services).flatMap(({ environment = {} }) =>
      Object.entries(environment).filter(([name]) => name.includes('PASSWORD')),
    );
    for (const [, value] of passwords) expect(value).toMatch(/^\$\{\w+:\?/);
  });
});

describe('Dockerfile', () => {
  it('builds on the pinned Node 24 and runs as an ordinary user', () => {
    expect(stages).toHaveLength(2);
    for (const stage of stages) expect(stage).toMatch(/^node:24\.\d+\.\d+-/);
    expect(stages[1]).toMatch(/^USER node$/m);
  });

  it('copies only what exists', () => {
    const copied = [...(stages[1] ?? '').matchAll(/^COPY --from=build \/build\/(\S+) /gm)].map(([, path]) => path ?? '');
    for (const path of copied.filter((name) => !['dist', 'node_modules'].includes(name))) expect(existsSync(join(root, path))).toBe(true);
  });
});
