import { type ArgumentMetadata, ValidationPipe } from '@nestjs/common';
import type { ValidationError } from 'class-validator';
import { ProblemError } from './problem-error.ts';

interface FieldError extends Readonly<Record<string, string>> {
  readonly field: string;
  readonly code: string;
}

/** Validates every body: all wrong fields at once, unknown fields refused, nothing converted. */
export class BodyPipe extends ValidationPipe {
  constructor() {
    super({
      whitelist: true,
      forbidNonWhitelisted: true,
      forbidUnknownValues: true,
      transform: true,
      exceptionFactory: (errors) => new ProblemError('body_invalid', { errors: errors.flatMap((error) => fieldErrors(error, '')) }),
    });
  }

  override async transform(value: unknown, metadata: ArgumentMetadata): Promise<unknown> {
    const errors = metadata.type === 'body' ? inheritedNames(value, '') : [];
    if (errors.length > 0) throw new ProblemError('body_invalid', { errors });
    return (await super.transform(value, metadata)) as unknown;
  }
}

/** Fields named like a method of every object are dropped on the way to the check for unknown fields, so they are looked for here. */
function inheritedNames(value: unknown, parent: string): FieldError[] {
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([name, child]) => {
    const field = pathOf(parent, name);
    return name in Object.prototype ? [{ field, code: 'field_unknown' }] : inheritedNames(child, field);
  });
}

function fieldErrors({ property, constraints, children }: ValidationError, parent: string): FieldError[] {
  const field = pathOf(parent, property);
  const [first] = Object.entries(constraints ?? {});
  const own = first === undefined ? [] : [{ field, code: codeOf(first[0], first[1]) }];
  return [...own, ...(children ?? []).flatMap((child) => fieldErrors(child, field))];
}

function pathOf(parent: string, name: string): string {
  return parent === '' ? name : `${parent}.${name}`;
}

/** Our own validators say their code as message; the pipe's check for unknown fields has a sentence. */
function codeOf(constraint: string, message: string): string {
  if (constraint === 'whitelistValidation') return 'field_unknown';
  return /^[a-z_]+$/.test(message) ? message : 'field_malformed';
}
