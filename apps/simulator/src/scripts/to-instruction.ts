import { Decimal, type Decimal as Amount, formatAmount, parseAmount } from "@zhanggui/domain";

import type { Payment } from "../book/records.ts";
import { type Instruction, instructionSchema } from "../play/instruction.ts";
import type { PlayStep } from "./step.ts";

const relative = /^due(?:(?<operator>[-+*/])(?<operand>\d+(?:\.\d{2})?))?$/;

/** A step as an instruction about this payment; nothing when its amount would not be above zero. */
export function toInstruction(step: PlayStep, payment: Payment): Instruction | undefined {
  const { do: verb, amount, status, key, duplicates, order, late, transactionId } = step;
  return instructionSchema.safeParse({
    do: verb,
    amount: amount === undefined ? undefined : amountOf(amount, payment),
    status,
    duplicates,
    late,
    forge: key === "foreign",
    otherKey: key === "other",
    order,
    transactionId,
  }).data;
}

/** Yuan text. A result between two fen is rounded, as no gateway can say it. */
function amountOf(text: string, { amount: due }: Payment): string {
  const groups = relative.exec(text)?.groups;
  const amount = parseAmount(due);
  if (groups === undefined || amount === undefined) return text;
  const { operator, operand = "0" } = groups;
  return formatAmount(reckon(amount, operator, new Decimal(operand)).toDecimalPlaces(2));
}

function reckon(due: Amount, operator: string | undefined, operand: Amount): Amount {
  switch (operator) {
    case "+":
      return due.plus(operand);
    case "-":
      return due.minus(operand);
    case "*":
      return due.times(operand);
    case "/":
      return due.dividedBy(operand);
    default:
      return due;
  }
}
