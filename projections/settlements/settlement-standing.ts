/** How far an effect has come. `moved`: the provider moved its own money. */
export const settlementStandings = ['observed', 'confirmed', 'finalized', 'reorged', 'unmatched', 'allocated', 'moved'] as const;

export type SettlementStanding = (typeof settlementStandings)[number];
