/** Which providers exist, straight from their own streams. */
export interface ProviderDirectory {
  has(slug: string): Promise<boolean>;
}

export const PROVIDER_DIRECTORY = Symbol('ProviderDirectory');
