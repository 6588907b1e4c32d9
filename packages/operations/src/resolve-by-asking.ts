import { exceptions, orders, payments, refunds, transact, type ExceptionCase } from "@zhanggui/db";
import { type ExceptionAction, Fault } from "@zhanggui/domain";

import { askHowItStands, endAtGateway } from "./ask-gateways.ts";
import { askingOf } from "./call-gateway.ts";
import { readStanding } from "./case-facts.ts";
import { type ResolveException, alreadyResolved, closeCase, permit } from "./close-case.ts";
import type { Engine } from "./engine.ts";
import { sendRefund } from "./send-refund.ts";

const askingKinds: ReadonlySet<ExceptionCase["kind"]> = new Set([
  "unknown_status",
  "gateway_unreachable",
  "refund_unknown",
  "refund_failed",
]);

/** Whether only a gateway can say what is to be applied. */
export function isAsking({ kind }: ExceptionCase, action: ExceptionAction): boolean {
  return action === "apply" && askingKinds.has(kind);
}

/**
 * Asks the gateway again what a case is about, writes what it says as evidence, and closes the case when that answers
 * it. Calls out, so never inside a transaction. A case that the answer itself has closed stays as it was closed.
 *
 * @throws Fault `action_not_allowed`; `gateway_unavailable` when the answer decides nothing: the case stays open.
 */
export async function resolveByAsking(
  engine: Engine,
  found: ExceptionCase,
  request: ResolveException,
): Promise<ExceptionCase> {
  permit((await readStanding(engine, found)).facts, request.action);
  if (found.proposed_action !== null) {
    throw new Fault("action_not_allowed", { action: request.action, allowed: found.proposed_action });
  }
  const heard = await ask(engine, found);
  if (heard.kind === "nothing") throw new Fault("gateway_unavailable", { why: heard.why });

  return transact(engine.db, async (tx) => {
    if (found.order_id !== null) await orders.lock(tx, found.order_id);
    const row = await exceptions.lock(tx, found.id);
    if (row === undefined) throw new Error(`case ${found.id} is gone`);
    if (row.resolved_by !== null) throw alreadyResolved(row);
    if (row.state === "resolved") return row;
    const { order_id: orderId } = row;
    return closeCase(tx, { row, request, orderId, moved: { says: heard.says }, evidence: heard.evidence });
  });
}

type Heard =
  | { readonly kind: "answer"; readonly says: string; readonly evidence?: string | undefined }
  | { readonly kind: "nothing"; readonly why: string };

function ask(engine: Engine, found: ExceptionCase): Promise<Heard> {
  switch (found.kind) {
    case "unknown_status":
      return askAboutPayment(engine, found);
    case "gateway_unreachable":
      return askAboutOrder(engine, found);
    default:
      return askAboutRefund(engine, found);
  }
}

async function askAboutPayment(engine: Engine, { payment_id }: ExceptionCase): Promise<Heard> {
  const payment = payment_id === null ? undefined : await payments.find(engine.db, payment_id);
  const asking = payment && (await askingOf(engine, payment));
  if (asking === undefined) return { kind: "nothing", why: "there is no gateway to ask" };
  const said = await askHowItStands(engine, asking);
  if (said.kind === "open") return { kind: "nothing", why: said.why };
  const says = "says" in said ? said.says : said.kind;
  return { kind: "answer", says, evidence: "evidence" in said ? said.evidence : undefined };
}

/** Every attempt that was started is to have ended at its gateway. Money that one of them took is a case of its own. */
async function askAboutOrder(engine: Engine, { order_id }: ExceptionCase): Promise<Heard> {
  const attempts = order_id === null ? [] : await payments.ofOrder(engine.db, order_id);
  const says: string[] = [];
  let evidence: string | undefined;
  for (const payment of attempts) {
    if (payment.started_at === null || payment.status === "succeeded") continue;
    const asking = await askingOf(engine, payment);
    if (asking === undefined) continue;
    const word = await endAtGateway(engine, asking, true);
    if (word.kind === "open") return { kind: "nothing", why: word.why };
    if (word.kind === "closed") await payments.endFollowUp(engine.db, payment.id);
    says.push(word.kind === "closed" ? word.says : word.kind);
    evidence = word.kind === "paid" ? evidence : word.evidence;
  }
  return { kind: "answer", says: says.join(", "), evidence };
}

async function askAboutRefund(engine: Engine, found: ExceptionCase): Promise<Heard> {
  const { standing } = await readStanding(engine, found);
  const { refund_id: refundId } = standing;
  if (refundId === null) return { kind: "nothing", why: "we know of no such refund" };
  await transact(engine.db, (tx) => refunds.askNow(tx, refundId));
  await sendRefund(engine, refundId);
  const refund = await refunds.find(engine.db, refundId);
  if (refund === undefined) throw new Error(`refund ${refundId} is gone`);
  const isAnswered = refund.status === "succeeded" || (found.kind === "refund_unknown" && refund.status !== "unknown");
  return isAnswered
    ? { kind: "answer", says: refund.status, evidence: refundId }
    : { kind: "nothing", why: refund.error ?? `the refund is still ${refund.status}` };
}
