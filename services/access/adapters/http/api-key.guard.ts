import { type CanActivate, type ExecutionContext, Inject, Injectable } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import type { FastifyRequest } from 'fastify';
import { bearerToken } from '../../../http/bearer-token.ts';
import { ProblemError } from '../../../http/problem-error.ts';
import { Authenticator } from '../../application/authenticator.ts';
import type { Role } from '../../application/principal.ts';
import { publicRoute, roleOfRoute } from './principal.decorator.ts';

/** Stands before every route: nothing is open unless it says so. */
@Injectable()
export class ApiKeyGuard implements CanActivate {
  readonly #authenticator: Authenticator;
  readonly #reflector: Reflector;

  constructor(@Inject(Authenticator) authenticator: Authenticator, @Inject(Reflector) reflector: Reflector) {
    this.#authenticator = authenticator;
    this.#reflector = reflector;
  }

  async canActivate(context: ExecutionContext): Promise<boolean> {
    const targets = [context.getHandler(), context.getClass()];
    if (this.#reflector.getAllAndOverride<boolean | undefined>(publicRoute, targets) === true) return true;
    const request = context.switchToHttp().getRequest<FastifyRequest>();
    const principal = await this.#authenticator.principalOf(bearerToken(request.headers.authorization));
    if (principal === undefined) throw new ProblemError('unauthenticated', {}, { 'www-authenticate': 'Bearer' });
    const role = this.#reflector.getAllAndOverride<Role | undefined>(roleOfRoute, targets) ?? 'provider';
    if (principal.role !== role) throw new ProblemError('forbidden', { role });
    request.principal = principal;
    return true;
  }
}
