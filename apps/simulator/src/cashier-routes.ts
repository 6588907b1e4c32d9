import { fromMinor, formatAmount, parseAmount, toMinor } from "@zhanggui/domain";
import { Hono } from "hono";
import { bodyLimit } from "hono/body-limit";
import { z } from "zod";

import type { Payment } from "./book/records.ts";
import type { ScriptDeps } from "./control-routes.ts";
import { statusOf } from "./book/standing.ts";
import { withBuyer } from "./desk/buyer.ts";
import { ownPath } from "./own-path.ts";
import { type CashierRefusal, cashierPage, cashierRefusals } from "./pages/cashier-page.ts";
import { readingOf } from "./pages/language.ts";
import { type Instruction, instructionSchema } from "./play/instruction.ts";
import { type PlayDeps, play } from "./play/play.ts";

const maximumBodyBytes = 16_384;
/** How long a person waits for the shop's answers before the page shows what there is. */
const patienceMs = 1_000;

const checked = z.literal("on").optional();
const instructedSchema = z.object({
  do: z.enum(["pay", "pay-late", "fail", "close", "notify"]),
  duplicates: z.coerce.number().default(0),
  short: checked,
  forge: checked,
});
/** The button that was pressed: an instruction, a script, or the end of one. */
const formSchema = z
  .union([instructedSchema, z.object({ script: z.string() }), z.object({ stop: z.string() })])
  .and(z.object({ return: z.string().optional() }));
const refusedSchema = z.enum(cashierRefusals).optional().catch(undefined);

/** The page a person pays on. It works without scripts: buttons post the form, the answer leads back to the page. */
export function cashierRoutes(deps: PlayDeps & ScriptDeps) {
  return new Hono()
    .get("/:provider/:outTradeNo", (c) => {
      const { provider, outTradeNo } = c.req.param();
      const opened = deps.book.find(provider, outTradeNo)?.payment;
      if (opened) welcomeBuyer(deps, opened);
      const folder = deps.book.find(provider, outTradeNo);
      if (!folder) return c.notFound();
      const refused = refusedSchema.parse(c.req.query("refused"));
      const returnPath = ownPath(c.req.query("return"), new URL(c.req.url));
      const look = deps.played.get(folder.payment.provider)?.look ?? "plain";
      const run = deps.runs.latestOf(folder.payment);
      const { scripts } = deps;
      return c.html(cashierPage(readingOf(c), { folder, look, now: deps.now(), scripts, run, refused, returnPath }));
    })
    .post("/:provider/:outTradeNo", bodyLimit({ maxSize: maximumBodyBytes }), async (c) => {
      const payment = deps.book.find(c.req.param("provider"), c.req.param("outTradeNo"))?.payment;
      if (!payment) return c.notFound();
      const form = formSchema.safeParse(await c.req.parseBody());
      const pressed = form.success ? press(deps, payment, form.data) : undefined;
      if (!form.success || !pressed) return c.text("bad form", 400);

      await Promise.race([pressed.done, patience()]);
      const query = new URLSearchParams();
      const returnPath = ownPath(form.data.return, new URL(c.req.url));
      if (returnPath !== undefined) query.set("return", returnPath);
      if (pressed.refused !== undefined) query.set("refused", pressed.refused);
      return c.redirect(`${new URL(c.req.url).pathname}?${query.toString()}`, 303);
    });
}

/** Opening the page of a payment that can be paid is coming to pay it. */
function welcomeBuyer({ book, now }: PlayDeps, payment: Payment): void {
  if (statusOf(payment, now()) !== "NOTPAY") return;
  const welcomed = withBuyer(payment, now());
  if (welcomed !== payment) book.put(welcomed);
}

type Pressed = {
  readonly refused?: CashierRefusal;
  /** When there is something to see. */
  readonly done?: Promise<unknown>;
};

/** Does what a button says; nothing when it says nothing that can be done. */
function press(deps: PlayDeps & ScriptDeps, payment: Payment, form: z.infer<typeof formSchema>): Pressed | undefined {
  if ("stop" in form) return deps.runs.stop(form.stop) && {};
  if ("script" in form) {
    const script = deps.scripts.get(form.script);
    if (script === undefined) return undefined;
    const { provider, outTradeNo } = payment;
    const starting = deps.runs.start({ provider, outTradeNo, script });
    if (starting.kind === "started") return { done: starting.ended };
    return starting.why === "payment_not_found" ? undefined : { refused: starting.why };
  }
  const instruction = readForm(form, payment);
  if (instruction === undefined) return undefined;
  const played = play(deps, payment, instruction);
  return played.kind === "refused" ? { refused: played.why } : { done: played.deliveries };
}

function readForm(form: z.infer<typeof instructedSchema>, payment: Payment): Instruction | undefined {
  return instructionSchema.safeParse({
    do: form.do === "pay-late" ? "pay" : form.do,
    late: form.do === "pay-late",
    duplicates: form.duplicates,
    forge: form.forge !== undefined,
    ...(form.short === undefined ? {} : { amount: oneFenLess(payment.amount) }),
  }).data;
}

function oneFenLess(text: string): string | undefined {
  const amount = parseAmount(text);
  return amount && formatAmount(fromMinor(toMinor(amount) - 1));
}

function patience(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, patienceMs).unref());
}
