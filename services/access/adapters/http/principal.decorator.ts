import { createParamDecorator, type ExecutionContext, SetMetadata } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import type { Principal as PrincipalOf, Role } from '../../application/principal.ts';

declare module 'fastify' {
  interface FastifyRequest {
    /** Set by the guard on every route that is not public. */
    principal?: PrincipalOf;
  }
}

/** The authenticated caller of a request. The tenant of everything a handler reads or writes comes from here and nowhere else. */
export const Principal = createParamDecorator((_: unknown, context: ExecutionContext): PrincipalOf => {
  const { principal } = context.switchToHttp().getRequest<FastifyRequest>();
  if (principal === undefined) throw new TypeError('A handler asks for the principal of a public route.');
  return principal;
});

/** Who asked, or undefined for somebody without a key: of a route that is also public. */
export const MaybePrincipal = createParamDecorator(
  (_: unknown, context: ExecutionContext): PrincipalOf | undefined => context.switchToHttp().getRequest<FastifyRequest>().principal,
);

export const publicRoute = 'access:public';
export const alsoPublicRoute = 'access:also-public';
export const checksOwnerRoute = 'access:checks-owner';
export const rolesOfRoute = 'access:roles';

/** Opens a route or controller to everybody. */
export const Public = () => SetMetadata(publicRoute, true);

/** Lets in those without any key too: they are shown what is public. A key is still looked at, and one of another role refused. */
export const AlsoPublic = () => SetMetadata(alsoPublicRoute, true);

/**
 * Says that a route for customers names something of an account and not the account, and that its handler answers what is not of the
 * caller's account (`reaches`) like what does not exist.
 */
export const ChecksOwner = () => SetMetadata(checksOwnerRoute, true);

/**
 * Names the roles that a route is for; routes without any are for providers. A customer gets to its own account alone: a route for customers
 * names the account in its path, or checks the owner of what it names.
 */
export const ForRoles = (...roles: readonly [Role, ...Role[]]) => SetMetadata(rolesOfRoute, roles);
