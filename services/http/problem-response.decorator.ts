import { ApiResponse } from '@nestjs/swagger';

/** What the API document says of a problem that a route, or every route of a controller, may answer. */
export function ProblemResponse(status: number, description: string): ClassDecorator & MethodDecorator {
  return ApiResponse({
    status,
    description,
    content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/ProblemBody' } } },
  });
}
