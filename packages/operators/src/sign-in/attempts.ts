import { createHash } from "node:crypto";

import { type Db, audit, operators, signInAttempts, transact } from "@zhanggui/db";
import { Fault } from "@zhanggui/domain";

/** Wrong passwords for one e-mail address, whoever tries: the next one is not looked at for a quarter of an hour. */
const perOperator = { maximum: 5, seconds: 15 * 60 };
/** Wrong passwords from one network address, for whomever: an office behind one address has more people than one. */
const perAddress = { maximum: 30, seconds: 15 * 60 };

/** Digested: what people type here by mistake is sometimes their password. */
export function operatorKey(email: string): string {
  return `operator:${createHash("sha256").update(email.toLowerCase()).digest("hex")}`;
}

export type Attempt = { readonly email: string; readonly address: string };

/**
 * Lets `work` check a password, unless too many were wrong. It is the same for addresses nobody has, so that nobody
 * learns who works here. Throws what `work` throws, and `rate_limited` with the seconds to wait.
 */
export async function attempting<Result>(db: Db, attempt: Attempt, work: () => Promise<Result>): Promise<Result> {
  const address = `address:${attempt.address}`;
  const operator = operatorKey(attempt.email);
  refuseBeyond(await signInAttempts.count(db, address, perAddress), perAddress.maximum);
  const counted = await signInAttempts.count(db, operator, perOperator);
  refuseBeyond(counted, perOperator.maximum);
  try {
    const result = await work();
    await signInAttempts.forget(db, operator);
    await signInAttempts.takeBack(db, address);
    return result;
  } catch (error) {
    if (counted.attempts === perOperator.maximum && error instanceof Fault) await noteLockout(db, attempt);
    throw error;
  }
}

function refuseBeyond({ attempts, secondsLeft }: signInAttempts.Attempts, maximum: number): void {
  if (attempts > maximum) throw new Fault("rate_limited", { retryAfter: String(Math.max(1, secondsLeft)) });
}

async function noteLockout(db: Db, { email, address }: Attempt): Promise<void> {
  const operator = await operators.find(db, { email });
  if (operator === undefined) return;
  const after = { lockedForSeconds: perOperator.seconds, wrongPasswords: perOperator.maximum, address };
  await transact(db, (tx) =>
    audit.write(tx, [
      { actor: "system:sign-in", action: "operator.lock_out", entity: "operator", entityId: operator.id, after },
    ]),
  );
}
