import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { projectRoot } from '../../services/read-store/project-root.ts';

/** The text of `projections/<name>/schema.sql`, found both from the source and from a build. */
export function schemaFile(name: string): string {
  return sqlFile(name, 'schema.sql');
}

/** The text of `projections/<name>/indexes.sql`. */
export function indexesFile(name: string): string {
  return sqlFile(name, 'indexes.sql');
}

function sqlFile(name: string, file: string): string {
  return readFileSync(join(projectRoot(import.meta.dirname), 'projections', name, file), 'utf8');
}
