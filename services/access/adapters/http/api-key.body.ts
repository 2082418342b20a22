import { ApiProperty } from '@nestjs/swagger';
import type { IssuedKey } from '../../application/api-key.ts';

export class IssuedKeyBody {
  @ApiProperty({ type: 'string' })
  readonly id!: string;
  @ApiProperty({ type: 'string', format: 'date-time' })
  readonly createdAt!: string;
  @ApiProperty({ type: 'string', format: 'date-time', required: false, description: 'Absent while the key works.' })
  readonly revokedAt?: string;
}

export class IssuedKeysBody {
  @ApiProperty({ type: [IssuedKeyBody] })
  readonly keys!: readonly IssuedKeyBody[];
}

export class ApiKeyAnswerBody {
  @ApiProperty({ type: 'string' })
  readonly id!: string;
  @ApiProperty({ type: 'string', description: 'To be sent as `Authorization: Bearer <token>`.' })
  readonly token!: string;
}

export function issuedKeyBodyOf({ id, createdAt, revokedAt }: IssuedKey): IssuedKeyBody {
  return { id, createdAt: createdAt.toISOString(), ...(revokedAt !== undefined && { revokedAt: revokedAt.toISOString() }) };
}
