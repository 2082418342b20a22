/** What the id of an aggregate begins with. */
export type IdPrefix = 'acc_' | 'inv_' | 'pay_' | 'pur_' | 'pbk_' | 'ttl_' | 'key_' | 'per_' | 'ord_' | 'ref_';

const uuidPattern = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

/** True for a prefixed id as `createdIdOf` makes it. */
export function isPrefixedId(text: string, prefix: IdPrefix): boolean {
  return text.startsWith(prefix) && uuidPattern.test(text.slice(prefix.length));
}
