/**
 * What a provider knows of the person behind an account, as it is committed to: canonical JSON of exactly these fields. Every version is
 * the whole of it; a correction takes the place of the one before.
 */
export type PersonalData = {
  readonly name: string;
  readonly email?: string;
  /** E.164: `+4930123456`. */
  readonly phone?: string;
  readonly address?: PostalAddress;
};

export type PostalAddress = {
  readonly street: string;
  readonly postalCode?: string;
  readonly city: string;
  readonly region?: string;
  /** ISO 3166-1, two letters. */
  readonly country: string;
};
