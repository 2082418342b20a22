import { ValidationPipe } from '@nestjs/common';
import type { ValidationError } from 'class-validator';
import { ProblemError } from './problem-error.ts';

/** Validates every body: all wrong fields at once, unknown fields refused, nothing converted. */
export function bodyPipe(): ValidationPipe {
  return new ValidationPipe({
    whitelist: true,
    forbidNonWhitelisted: true,
    forbidUnknownValues: true,
    transform: true,
    exceptionFactory: (errors) => new ProblemError('body_invalid', { errors: errors.flatMap((error) => fieldErrors(error, '')) }),
  });
}

function fieldErrors({ property, constraints, children }: ValidationError, parent: string): { field: string; code: string }[] {
  const field = parent === '' ? property : `${parent}.${property}`;
  const [first] = Object.entries(constraints ?? {});
  const own = first === undefined ? [] : [{ field, code: codeOf(first[0], first[1]) }];
  return [...own, ...(children ?? []).flatMap((child) => fieldErrors(child, field))];
}

/** Our own validators say their code as message; the pipe's check for unknown fields has a sentence. */
function codeOf(constraint: string, message: string): string {
  if (constraint === 'whitelistValidation') return 'field_unknown';
  return /^[a-z_]+$/.test(message) ? message : 'field_malformed';
}
