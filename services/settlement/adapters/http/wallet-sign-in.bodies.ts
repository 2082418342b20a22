import { ApiProperty } from '@nestjs/swagger';
import { AddressField } from '../../../http/fields.ts';

export class SignInBody {
  @AddressField({ description: 'Of the wallet.' })
  readonly address!: string;
}

export class PendingSignInBody {
  @ApiProperty({ type: 'string', description: 'Good once.' })
  readonly nonce!: string;
  @ApiProperty({ type: 'string', description: 'For `personal_sign` (EIP-4361).' })
  readonly message!: string;
  @ApiProperty({ type: 'string', format: 'date-time' })
  readonly expiresAt!: string;
}

export class WalletSessionBody {
  @ApiProperty({
    type: 'string',
    description: 'For the header Authorization, as `Bearer`. It opens the mandates of this wallet behind this link, and nothing else.',
  })
  readonly token!: string;
  @ApiProperty({ type: 'string', format: 'date-time' })
  readonly expiresAt!: string;
}
