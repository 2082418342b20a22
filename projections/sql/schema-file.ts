import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { projectRoot } from '../../services/read-store/project-root.ts';

/** The text of `projections/<name>/schema.sql`, found both from the source and from a build. */
export function schemaFile(name: string): string {
  return readFileSync(join(projectRoot(import.meta.dirname), 'projections', name, 'schema.sql'), 'utf8');
}
