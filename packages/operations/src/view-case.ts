import type { ExceptionCase } from "@zhanggui/db";
import {
  type CaseEffect,
  Decimal,
  type ExceptionAction,
  exceptionActions,
  movesMoney,
  needsSecondPerson,
  ruleCase,
  suggestAction,
} from "@zhanggui/domain";

import { type CaseStanding, standingsOf } from "./case-facts.ts";
import type { Engine } from "./engine.ts";

/** A case as the admin API shows it, with what may be done about it at this moment. */
export type CaseView = Awaited<ReturnType<typeof viewCases>>[number];

export type AllowedAction = {
  readonly action: ExceptionAction;
  /** What it would do, as a word. */
  readonly does: CaseEffect;
  /** What the request has to say besides. */
  readonly needs: "orderId"[];
  /** Whether somebody else has to confirm it. */
  readonly secondPerson: SecondPerson;
};

export type SecondPerson = "no" | "unless_admin" | "yes";

/** Cases with everything a person needs to close them; a few reads for all of them together. */
export async function viewCases(
  engine: Pick<Engine, "db" | "providers" | "secondPersonLimit">,
  cases: readonly ExceptionCase[],
) {
  const standings = await standingsOf(engine, cases);
  return cases.map((one) => {
    const standing = standings.get(one.id);
    if (standing === undefined) throw new Error(`case ${one.id} is gone`);
    return viewCase(one, standing, new Decimal(engine.secondPersonLimit));
  });
}

function viewCase(row: ExceptionCase, standing: CaseStanding, limit: Decimal) {
  const detail: unknown = JSON.parse(row.detail);
  return {
    id: row.id,
    kind: row.kind,
    state: row.state,
    ...(row.order_id === null ? {} : { orderId: row.order_id }),
    ...(row.payment_id === null ? {} : { paymentId: row.payment_id }),
    ...(row.callback_id === null ? {} : { callbackId: row.callback_id }),
    ...(row.evidence === null ? {} : { evidence: row.evidence }),
    ...(row.amount === null ? {} : { amount: row.amount }),
    ...(row.owner === null ? {} : { owner: row.owner }),
    detail,
    suggestedAction: suggestionFor(row, standing),
    allowedActions: row.state === "open" ? allowedActions(row, standing, limit) : [],
    ...proposalOf(row),
    overdue: standing.standing.overdue,
    dueAt: row.due_at.toISOString(),
    createdAt: row.created_at.toISOString(),
    ...(row.resolution === null ? {} : { resolution: row.resolution }),
    ...(row.resolved_by === null ? {} : { resolvedBy: row.resolved_by }),
    ...(row.resolve_reason === null ? {} : { resolveReason: row.resolve_reason }),
    ...(row.resolved_at === null ? {} : { resolvedAt: row.resolved_at.toISOString() }),
  };
}

function suggestionFor(row: ExceptionCase, { facts }: CaseStanding): ExceptionAction {
  if (row.state === "resolved") return row.resolution ?? row.suggested_action;
  return row.proposed_action ?? suggestAction(facts);
}

/** While one is proposed, only that one: it is confirmed or withdrawn first. */
function allowedActions(row: ExceptionCase, { facts, atStake }: CaseStanding, limit: Decimal): AllowedAction[] {
  return exceptionActions
    .filter((action) => row.proposed_action === null || row.proposed_action === action)
    .flatMap((action) => {
      const ruling = ruleCase(facts, action);
      if (ruling.kind !== "allowed") return [];
      const does = ruling.effect;
      const needs: AllowedAction["needs"] =
        does === "pays_named_order" && row.proposed_order_id === null ? ["orderId"] : [];
      return [{ action, does, needs, secondPerson: secondPersonFor(does, atStake, limit) }];
    });
}

/** Who has to agree: a second person above the limit, and to writing money off anybody but an administrator. */
export function secondPersonFor(effect: CaseEffect, atStake: string | undefined, limit: Decimal): SecondPerson {
  if (!movesMoney(effect)) return "no";
  if (needsSecondPerson(new Decimal(atStake ?? 0), limit)) return "yes";
  return effect === "writes_off_money" ? "unless_admin" : "no";
}

function proposalOf(row: ExceptionCase) {
  const { proposed_action: action, proposed_by: by, proposed_at: at } = row;
  if (action === null || by === null || at === null) return {};
  return {
    proposal: {
      action,
      by,
      at: at.toISOString(),
      ...(row.proposed_reason === null ? {} : { reason: row.proposed_reason }),
      ...(row.proposed_order_id === null ? {} : { orderId: row.proposed_order_id }),
    },
  };
}
