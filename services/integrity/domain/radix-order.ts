const digitBits = 11;
const digits = 2 ** digitBits;

/** Fewer numbers are in order sooner when they are compared. */
export const radixCountMin = digits;

/** The places of numbers of 32 bits in their order; equal ones in the order they came in. */
export function radixOrder(numbers: Uint32Array<ArrayBuffer>): Uint32Array<ArrayBuffer> {
  let order = numbers.map((_, place) => place);
  for (const shift of [0, digitBits, 2 * digitBits]) order = inOrderOfDigit(order, numbers, shift);
  return order;
}

/** Those with the same digit stay in the order they had. */
function inOrderOfDigit(order: Uint32Array, numbers: Uint32Array, shift: number): Uint32Array<ArrayBuffer> {
  const starts = new Uint32Array(digits + 1);
  for (const number of numbers) {
    const behind = digitOf(number, shift) + 1;
    starts[behind] = (starts[behind] as number) + 1;
  }
  for (let digit = 0; digit < digits; digit++) starts[digit + 1] = (starts[digit + 1] as number) + (starts[digit] as number);
  const next = new Uint32Array(order.length);
  for (const place of order) {
    const digit = digitOf(numbers[place] as number, shift);
    const to = starts[digit] as number;
    next[to] = place;
    starts[digit] = to + 1;
  }
  return next;
}

function digitOf(number: number, shift: number): number {
  return (number >>> shift) & (digits - 1);
}
