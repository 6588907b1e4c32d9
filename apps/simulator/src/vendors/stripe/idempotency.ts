import { Refusal } from "./refusal.ts";

/** As long as Stripe remembers a key, and not more of them than this. */
const lifeMs = 24 * 60 * 60 * 1000;
const maximumKeys = 10_000;
const maximumKeyLength = 255;

export type Answered = { readonly status: number; readonly body: string; readonly requestId: string };
type Kept = Answered & { readonly call: string; readonly form: string; readonly keptAt: number };
type Asked = { readonly key: string; readonly call: string; readonly form: string; readonly now: Date };

/** What was answered to the POSTs that carried an `Idempotency-Key` (docs.stripe.com/api/idempotent_requests). */
export type Answers = {
  /** The first answer; `undefined` for a new key. Throws when the key was used for something else. */
  readonly find: (asked: Asked) => Answered | undefined;
  readonly keep: (asked: Asked, answered: Answered) => void;
};

export function openAnswers(): Answers {
  const kept = new Map<string, Kept>();
  return {
    find({ key, call, form, now }) {
      if (key.length > maximumKeyLength) throw differs("Idempotency keys are at most 255 characters long.");
      const found = kept.get(key);
      if (found === undefined || now.getTime() - found.keptAt > lifeMs) return undefined;
      if (found.call !== call) {
        throw differs(
          `Keys for idempotent requests can only be used for the same endpoint they were first used for ('${found.call}').`,
        );
      }
      if (found.form !== form) {
        throw differs(
          `Keys for idempotent requests can only be used with the same parameters they were first used with. Try using a key other than '${key}' if you meant to execute a different request.`,
        );
      }
      return found;
    },
    keep({ key, call, form, now }, answered) {
      kept.delete(key);
      kept.set(key, { ...answered, call, form, keptAt: now.getTime() });
      const [oldest] = kept.keys();
      if (kept.size > maximumKeys && oldest !== undefined) kept.delete(oldest);
    },
  };
}

function differs(message: string): Refusal {
  return new Refusal(400, { type: "idempotency_error", message });
}
