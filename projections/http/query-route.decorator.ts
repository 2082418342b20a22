import { applyDecorators } from '@nestjs/common';
import { ApiBearerAuth, ApiQuery, ApiTags } from '@nestjs/swagger';
import { ProblemResponse } from '../../services/http/problem-response.decorator.ts';

/** What the API document says of every route that reads. */
export function QueryRoute(tag: string): ClassDecorator {
  return applyDecorators(
    ApiTags(tag),
    ApiBearerAuth(),
    ProblemResponse(400, 'A query parameter is wrong.'),
    ProblemResponse(401, 'No valid API key.'),
    ProblemResponse(403, 'The API key is for another role.'),
    ProblemResponse(404, 'Something named does not exist.'),
    ProblemResponse(503, 'The read model has not reached the asked position in time; repeat after the seconds of Retry-After.'),
  );
}

/** `?after=`, on every route that reads from a read model. */
export function AfterQuery(): MethodDecorator {
  return TextQuery('after', 'Position that a command answered: the answer contains at least everything up to it.');
}

/** `?limit=` and `?from=`: a page begins at its key, which the page before names. */
export function PageQuery(from: string): MethodDecorator {
  return applyDecorators(TextQuery('limit', 'Rows of a page, 1 to 500; 50 when absent.'), TextQuery('from', from));
}

export function TextQuery(name: string, description: string): MethodDecorator {
  return ApiQuery({ name, description, required: false, schema: { type: 'string' } });
}
