import { type Payment, maximumPlanted } from "../book/records.ts";
import type { PaymentName } from "../calls/armed.ts";
import { prepare, tell } from "../play/play.ts";
import type { Held, RunDeps, StepProgress } from "./run.ts";
import type { PlayStep, Step } from "./step.ts";
import { toInstruction } from "./to-instruction.ts";

export type Outcome = Pick<StepProgress, "why" | "deliveries">;

/** Does what a step says, once its wait is over. A step that was refused has changed nothing. */
export async function carryOut(deps: RunDeps, name: PaymentName, step: Step, held: Held): Promise<Outcome> {
  if (step.do === "wait") return {};
  if (step.do === "answer") {
    deps.armed.arm(name, { call: step.call, how: step.with, times: step.times ?? 1 });
    return {};
  }
  const payment = deps.book.find(name.provider, name.outTradeNo)?.payment;
  if (payment === undefined) return {};
  switch (step.do) {
    case "send": {
      const tellings = held.get(step.held) ?? [];
      held.delete(step.held);
      return { deliveries: await tell(deps, tellings) };
    }
    case "refunds":
      deps.book.put(withRefunds(payment, step));
      return {};
    case "plant": {
      const planted = [...(payment.planted ?? []), step.statement];
      if (planted.length > maximumPlanted) return { why: "too_many_differences" };
      deps.book.put({ ...payment, planted });
      return {};
    }
    case "pay":
    case "fail":
    case "close":
    case "notify":
      return playStep(deps, payment, step, held);
  }
}

async function playStep(deps: RunDeps, payment: Payment, step: PlayStep, held: Held): Promise<Outcome> {
  const instruction = toInstruction(step, payment);
  if (instruction === undefined) return { why: "amount_not_above_zero" };
  const prepared = prepare(deps, payment, instruction);
  if (prepared.kind === "refused") return { why: prepared.why };
  if (step.drop === true) return {};
  if (step.hold !== undefined) {
    held.set(step.hold, prepared.tellings);
    return {};
  }
  return { deliveries: await tell(deps, prepared.tellings) };
}

function withRefunds(payment: Payment, step: Extract<Step, { readonly do: "refunds" }>): Payment {
  const { end = payment.refundsEnd, pendingSeconds = payment.refundsPendSeconds } = step;
  return {
    ...payment,
    ...(end === undefined ? {} : { refundsEnd: end }),
    ...(pendingSeconds === undefined ? {} : { refundsPendSeconds: pendingSeconds }),
  };
}
