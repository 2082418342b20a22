/** Stands for Node's `Buffer` in the bundle. */
export { Buffer } from 'buffer/';
