import { applyDecorators } from '@nestjs/common';
import { ApiBearerAuth, ApiHeader, ApiTags } from '@nestjs/swagger';
import { ProblemResponse } from './problem-response.decorator.ts';

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
    ProblemResponse(400, 'The request is malformed.'),
    ProblemResponse(401, 'No valid API key.'),
    ProblemResponse(403, 'The API key is for another role.'),
    ProblemResponse(404, 'Something named does not exist.'),
    ProblemResponse(409, 'The state does not allow it.'),
    ProblemResponse(412, 'The revision is another one.'),
    ProblemResponse(413, 'The body is too large.'),
    ProblemResponse(415, 'The body is not application/json.'),
    ProblemResponse(422, 'The Idempotency-Key was used with another body.'),
    ProblemResponse(503, 'Repeat with the same Idempotency-Key.'),
  );
}
