import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { IsArray, IsString, Matches, ValidateIf } from 'class-validator';
import { AddressField, ChoiceField, HashField, IdField, TextField, WholeNumberField } from '../../../http/fields.ts';

const unitsMax = 10n ** 18n;
const secondsMax = 2n ** 48n - 1n;
const walletSignature = /^0x([0-9a-f]{2}){1,4096}$/;

/** A signature as contracts take it. */
export function SignatureField({ optional = false, description }: { readonly optional?: boolean; readonly description?: string } = {}) {
  return (target: object, key: string | symbol) => {
    const text = description === undefined ? '65 bytes: r, s, v.' : `65 bytes: r, s, v. ${description}`;
    ApiProperty({ type: 'string', pattern: '^0x[0-9a-f]{130}$', description: text, required: !optional })(target, key);
    if (optional) ValidateIf((_, value) => value !== undefined)(target, key);
    IsString({ message: 'text_malformed' })(target, key);
    Matches(/^0x[0-9a-f]{130}$/, { message: 'text_malformed' })(target, key);
  };
}

/** A wallet that is a contract decides itself what its signatures look like. */
function WalletSignatureField() {
  return (target: object, key: string | symbol) => {
    ApiProperty({ type: 'string', pattern: walletSignature.source, description: '65 bytes of a key, or whatever a contract takes.' })(
      target,
      key,
    );
    IsString({ message: 'text_malformed' })(target, key);
    Matches(walletSignature, { message: 'text_malformed' })(target, key);
  };
}

export class EndPpvEventBody {
  @IdField('ttl_')
  readonly title!: string;

  @WholeNumberField({ max: 2n ** 53n, optional: true, description: 'The first chain when absent.' })
  readonly chainId?: string;
}

export class CapturePpvEventBody extends EndPpvEventBody {
  @ApiProperty({ type: [String], description: 'Tokens that the escrow holds for the event; the zero address for the coin.' })
  @IsArray({ message: 'list_malformed' })
  @Matches(/^0x[0-9a-fA-F]{40}$/, { each: true, message: 'text_malformed' })
  readonly tokens!: readonly string[];
}

export class OfferMandateBody {
  @AddressField({ description: 'Whose wallet is collected from.' })
  readonly payer!: string;

  @AddressField({ description: 'Of an ERC-20 that is taken on the chain.' })
  readonly token!: string;

  @WholeNumberField({ max: 2n ** 53n, optional: true, description: 'The first chain when absent.' })
  readonly chainId?: string;

  @WholeNumberField({ max: unitsMax, description: 'Units of the token that one period may take.' })
  readonly maxPerPeriod!: string;

  @WholeNumberField({ max: unitsMax, description: 'Units of the token that it may take in all.' })
  readonly totalCap!: string;

  @WholeNumberField({ max: secondsMax, description: 'Seconds of a period.' })
  readonly period!: string;

  @WholeNumberField({ max: secondsMax, description: 'Seconds since 1970; the first second.' })
  readonly start!: string;

  @WholeNumberField({ max: secondsMax, description: 'Seconds since 1970; the first second that is out.' })
  readonly end!: string;
}

export class SignatureBody {
  @WalletSignatureField()
  readonly signature!: string;
}

export class RetryBody {
  @ApiProperty({ type: 'string', pattern: '^[a-z]+\\.[a-z0-9.]{1,80}$', example: 'refund.1' })
  @IsString({ message: 'text_malformed' })
  @Matches(/^[a-z]+\.[a-z0-9.]{1,80}$/, { message: 'text_malformed' })
  readonly dispatch!: string;
}

export class UndoingBody extends RetryBody {
  @TextField({ lengthMax: 200, description: 'It stays in the log. Never personal data.' })
  readonly reason!: string;

  @ApiPropertyOptional({
    type: 'string',
    pattern: '^[0-9a-f]{16}$',
    description: 'Of what is undone, as the refusal without one names it.',
  })
  @ValidateIf((_, value) => value !== undefined)
  @IsString({ message: 'text_malformed' })
  @Matches(/^[0-9a-f]{16}$/, { message: 'text_malformed' })
  readonly digest?: string;
}

export class CollectionBody {
  @HashField({ description: 'Id of the mandate.' })
  readonly mandate!: string;

  @WholeNumberField({ max: 2n ** 63n - 1n, description: 'A slot of an invoice, with a good quote in the token of the mandate.' })
  readonly slot!: string;
}

export class InvoiceCollectionBody {
  @HashField({ description: 'Id of a mandate of the account.' })
  readonly mandate!: string;
}

export class RelayBody {
  @AddressField({ description: 'Of the quote.' })
  readonly token!: string;

  @AddressField()
  readonly payer!: string;

  @ChoiceField(['authorization', 'permit2'])
  readonly method!: 'authorization' | 'permit2';

  @SignatureField()
  readonly signature!: string;

  @WholeNumberField({ max: 2n ** 63n - 1n, description: 'Of Permit2; 0 for an authorization.' })
  readonly nonce!: string;
}

export class MandateCallBody {
  @ApiProperty({ type: 'string' })
  readonly to!: string;
  @ApiProperty({ type: 'string', description: '0x-hex.' })
  readonly data!: string;
}

export class MandateCallsBody {
  @ApiProperty({ type: MandateCallBody })
  readonly approve!: MandateCallBody;
  @ApiProperty({ type: MandateCallBody })
  readonly revoke!: MandateCallBody;
}

/** How far the end of a mandate is on its chain. */
export class RevocationStandingBody {
  @ApiProperty({
    enum: ['sending', 'done', 'failed'],
    description:
      '`failed`: the contract was not told. Nothing is collected by us any more; the payer ends it there by the transaction `calls.revoke`, and the provider orders ours again (`POST /v1/settlement/retries`).',
  })
  readonly state!: string;
  @ApiProperty({ type: 'string', required: false, description: 'Why nothing came of it: `spending_limit`, `reverted`, ...' })
  readonly failure?: string;
}

export class MandateBody {
  @ApiProperty({ type: 'string' })
  readonly mandate!: string;
  @ApiProperty({ enum: ['offered', 'agreed', 'revoked'] })
  readonly status!: string;
  @ApiProperty({
    type: RevocationStandingBody,
    required: false,
    description: 'Of one that is over, where we bring its end to the contract.',
  })
  readonly revocation?: RevocationStandingBody;
  @ApiProperty({ type: 'object', additionalProperties: true, description: 'What the payer signs to agree, by `eth_signTypedData_v4`.' })
  readonly agree!: object;
  @ApiProperty({ type: 'object', additionalProperties: true, description: 'What the payer signs to end it.' })
  readonly revoke!: object;
  @ApiProperty({ type: MandateCallsBody, description: "The same as transactions of the payer's own, for `eth_sendTransaction`." })
  readonly calls!: MandateCallsBody;
}

export class DailyGasCostBody {
  @ApiProperty({ type: 'string', format: 'date' })
  readonly day!: string;
  @ApiProperty({ type: 'string' })
  readonly chainId!: string;
  @ApiProperty({ type: 'string' })
  readonly operation!: string;
  @ApiProperty({ type: 'string' })
  readonly transactions!: string;
  @ApiProperty({ type: 'string' })
  readonly gas!: string;
  @ApiProperty({ type: 'string', description: 'In wei.' })
  readonly fee!: string;
}

export class GasCostsBody {
  @ApiProperty({ type: [DailyGasCostBody] })
  readonly costs!: readonly DailyGasCostBody[];
}
