import { type CanActivate, type ExecutionContext, Inject, Injectable } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import type { FastifyRequest } from 'fastify';
import { bearerToken } from '../../../http/bearer-token.ts';
import { ProblemError } from '../../../http/problem-error.ts';
import { Authenticator } from '../../application/authenticator.ts';
import type { Role } from '../../application/principal.ts';
import { alsoPublicRoute, checksOwnerRoute, publicRoute, rolesOfRoute } from './principal.decorator.ts';

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
    const { authorization = '' } = request.headers;
    if (authorization === '' && this.#reflector.getAllAndOverride<boolean | undefined>(alsoPublicRoute, targets) === true) return true;
    const principal = await this.#authenticator.principalOf(bearerToken(authorization));
    if (principal === undefined) throw new ProblemError('unauthenticated', {}, { 'www-authenticate': 'Bearer' });
    const roles = this.#reflector.getAllAndOverride<readonly Role[] | undefined>(rolesOfRoute, targets) ?? ['provider'];
    if (!roles.includes(principal.role)) throw new ProblemError('forbidden', { role: roles.join(', ') });
    const isOwnerChecked = this.#reflector.getAllAndOverride<boolean | undefined>(checksOwnerRoute, targets) === true;
    // Another account is answered like one that does not exist.
    if (principal.role === 'customer' && !isOwnerChecked && (principal.account ?? '') !== accountIn(request))
      throw new ProblemError('account_not_found');
    request.principal = principal;
    return true;
  }
}

/** The account that the path names; undefined where it names none, which is no customer's. */
function accountIn({ params }: FastifyRequest): string | undefined {
  return (params as Readonly<Record<string, string | undefined>>)['account'];
}
