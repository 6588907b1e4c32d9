/**
 * An id in a scheme that signs `name=value` joined with `&`, unescaped: printable ASCII without the joiners, so that no
 * neighbour can be drawn into it under the same signature.
 */
export const joinedId = /^[\x21-\x25\x27-\x3c\x3e-\x7e]{1,64}$/;

/** Whether a value holds what may be the field of that name, cut into it under the same signed text. */
export function holdsField(value: string, name: string): boolean {
  return value.includes(`&${name}=`);
}
