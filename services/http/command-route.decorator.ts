import { applyDecorators } from '@nestjs/common';
import { ApiBearerAuth, ApiHeader, ApiResponse, ApiTags } from '@nestjs/swagger';

/** What the API document says of every route that takes commands. */
export function CommandRoute(tag: string): ClassDecorator {
  return applyDecorators(
    ApiTags(tag),
    ApiBearerAuth(),
    ApiHeader({
      name: 'Idempotency-Key',
      required: true,
      description: 'Chosen by the caller; the same key with the same body has its effect once and answers the same events.',
    }),
    ApiHeader({ name: 'If-Match', required: false, description: 'The revision that the aggregate must be at, as an entity tag: "3".' }),
    problem(400, 'The request is malformed.'),
    problem(401, 'No valid API key.'),
    problem(403, 'The API key is for another role.'),
    problem(404, 'Something named does not exist.'),
    problem(409, 'The state does not allow it.'),
    problem(412, 'The revision is another one.'),
    problem(422, 'The Idempotency-Key was used with another body.'),
    problem(503, 'Repeat with the same Idempotency-Key.'),
  );
}

function problem(status: number, description: string): ClassDecorator & MethodDecorator {
  return ApiResponse({
    status,
    description,
    content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/ProblemBody' } } },
  });
}
