// Quantities of resources, `100m`, `1.5Gi`, `2e3` (apimachinery, resource.Quantity): whether a text is one, and how much it is, as far as
// a comparison needs it.

const pattern =
  /^([+-]?(?:\d{1,30}(?:\.\d{0,30})?|\.\d{1,30}))(?:(n|u|m|k|M|G|T|P|E|Ki|Mi|Gi|Ti|Pi|Ei)|[eE]([+-]?\d{1,2}))?$/;
const decimal = ['n', 'u', 'm', '', 'k', 'M', 'G', 'T', 'P', 'E'];
const binary = ['', 'Ki', 'Mi', 'Gi', 'Ti', 'Pi', 'Ei'];

export const quantityWords =
  "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'";

/** undefined: no quantity. */
export function readQuantity(value: unknown): number | undefined {
  if (typeof value === 'number') return value;
  const parts = typeof value === 'string' ? pattern.exec(value) : null;
  if (parts === null) return undefined;
  const [, number, suffix = '', exponent = '0'] = parts;
  const scale = binary.indexOf(suffix) > 0 ? 1_024 ** binary.indexOf(suffix) : 1_000 ** (decimal.indexOf(suffix) - 3);
  return Number(number) * scale * 10 ** Number(exponent);
}
