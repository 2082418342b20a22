import { ApiProperty } from '@nestjs/swagger';
import { hashes, hex64 } from '../../services/http/log-file.bodies.ts';

export class SignedCurrentBody {
  @ApiProperty({ type: 'string', description: 'Canonical JSON: what is signed.' })
  readonly value!: string;
  @ApiProperty({ type: 'string', description: 'The leaves below this size are taken into account, and no other.' })
  readonly asOfSize!: string;
  @ApiProperty({ type: 'string', description: 'Signed note over log, size and value, by a receipts key of the log.' })
  readonly note!: string;
}

export class ProvenTerminalBody {
  @ApiProperty(hex64)
  readonly key!: string;
  @ApiProperty(hex64)
  readonly valueHash!: string;
}

export class ProvenPlaceBody {
  @ApiProperty({ type: 'string', description: 'A place in the chart of accounts.' })
  readonly account!: string;
  @ApiProperty({ type: 'string' })
  readonly currency!: string;
  @ApiProperty({ type: 'string', required: false, description: 'The exact text in the map; absent where nothing was posted up to then.' })
  readonly value?: string;
  @ApiProperty({ ...hashes, description: 'From the root of the map down.' })
  readonly siblings!: readonly string[];
  @ApiProperty({ type: ProvenTerminalBody, required: false })
  readonly terminal?: ProvenTerminalBody;
}

export class ProvenPlacesBody {
  @ApiProperty({ type: 'string', description: 'The state is that of the leaves below this size.' })
  readonly uptoSize!: string;
  @ApiProperty({ type: 'string', description: 'Index of the StateCommitted leaf.' })
  readonly committedIndex!: string;
  @ApiProperty(hex64)
  readonly stateRoot!: string;
  @ApiProperty({ type: [ProvenPlaceBody] })
  readonly balances!: readonly ProvenPlaceBody[];
}

export class SignedBalancesBody {
  @ApiProperty({ type: SignedCurrentBody })
  readonly current!: SignedCurrentBody;
  @ApiProperty({ type: ProvenPlacesBody, required: false, description: 'At the last commitment; absent before the first.' })
  readonly proven?: ProvenPlacesBody;
}

export class ProvenDocumentBody {
  @ApiProperty({ type: 'string', description: 'Place of InvoiceIssued in the log.' })
  readonly index!: string;
  @ApiProperty({ type: 'string', description: 'Leaves of the tree of the signed head.' })
  readonly size!: string;
  @ApiProperty(hex64)
  readonly leafHash!: string;
  @ApiProperty({ type: 'string', description: 'The exact envelope that is hashed.' })
  readonly entry!: string;
  @ApiProperty({ ...hashes, description: 'From the leaf’s sibling up.' })
  readonly proof!: readonly string[];
  @ApiProperty({ type: 'string', description: 'The signed tree head.' })
  readonly checkpoint!: string;
}

export class SignedInvoiceBody {
  @ApiProperty({ type: SignedCurrentBody })
  readonly current!: SignedCurrentBody;
  @ApiProperty({ type: ProvenDocumentBody, required: false, description: 'The document; absent until a signed head covers it.' })
  readonly proven?: ProvenDocumentBody;
}
