import { ApiProperty } from '@nestjs/swagger';

export class ApiKeyAnswerBody {
  @ApiProperty({ type: 'string' })
  readonly id!: string;
  @ApiProperty({ type: 'string', description: 'To be sent as `Authorization: Bearer <token>`.' })
  readonly token!: string;
}
