/** A setting is wrong; the message names it and what it takes. */
export class SettingsFault extends Error {
  override readonly name = 'SettingsFault';
}
