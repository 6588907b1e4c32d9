import { randomInt } from "node:crypto";

import { Fault } from "@zhanggui/domain";

export const shortestPassword = 12;
export const longestPassword = 128;

/** Crockford's base 32: no letters that people mistake for digits. Twenty of them are 100 bits. */
const alphabet = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
const groups = 4;
const groupLength = 5;

/** A password to be read out or copied once; whoever signs in with it has to choose their own. */
export function newOneTimePassword(): string {
  const group = () => Array.from({ length: groupLength }, () => alphabet[randomInt(alphabet.length)]).join("");
  return Array.from({ length: groups }, group).join("-");
}

/** Length is what makes a password strong; rules about its letters are not. Throws `password_unfit`. */
export function refuseUnfitPassword(password: string, { email, old }: { email: string; old: string }): void {
  if (password.length < shortestPassword)
    throw new Fault("password_unfit", { newPassword: "has fewer than 12 characters" });
  if (password.length > longestPassword)
    throw new Fault("password_unfit", { newPassword: "has more than 128 characters" });
  if (password === old) throw new Fault("password_unfit", { newPassword: "is the old one" });
  if (password.toLowerCase().includes(email))
    throw new Fault("password_unfit", { newPassword: "holds the e-mail address" });
}
