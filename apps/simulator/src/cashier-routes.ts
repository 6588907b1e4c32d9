import { fromMinor, formatAmount, parseAmount, toMinor } from "@zhanggui/domain";
import { Hono } from "hono";
import { bodyLimit } from "hono/body-limit";
import { z } from "zod";

import type { Payment } from "./book/records.ts";
import { ownPath } from "./own-path.ts";
import { cashierPage } from "./pages/cashier-page.ts";
import { readingOf } from "./pages/language.ts";
import { type Instruction, instructionSchema } from "./play/instruction.ts";
import { type PlayDeps, play } from "./play/play.ts";
import type { Played } from "./vendors/play-accounts.ts";

const maximumBodyBytes = 16_384;
/** How long a person waits for the shop's answers before the page shows what there is. */
const patienceMs = 1_000;

const checked = z.literal("on").optional();
const formSchema = z.object({
  do: z.enum(["pay", "pay-late", "fail", "close", "notify"]),
  duplicates: z.coerce.number().default(0),
  short: checked,
  forge: checked,
  return: z.string().optional(),
});
const refusedSchema = z.enum(["already_paid", "closed", "expired"]).optional().catch(undefined);

/** The page a person pays on. It works without scripts: buttons post the form, the answer leads back to the page. */
export function cashierRoutes(deps: PlayDeps & { readonly played: Played }) {
  return new Hono()
    .get("/:provider/:outTradeNo", (c) => {
      const folder = deps.book.find(c.req.param("provider"), c.req.param("outTradeNo"));
      if (!folder) return c.notFound();
      const refused = refusedSchema.parse(c.req.query("refused"));
      const returnPath = ownPath(c.req.query("return"), new URL(c.req.url));
      const look = deps.played.get(folder.payment.provider)?.look ?? "plain";
      return c.html(cashierPage(readingOf(c), { folder, look, now: deps.now(), refused, returnPath }));
    })
    .post("/:provider/:outTradeNo", bodyLimit({ maxSize: maximumBodyBytes }), async (c) => {
      const payment = deps.book.find(c.req.param("provider"), c.req.param("outTradeNo"))?.payment;
      if (!payment) return c.notFound();
      const form = formSchema.safeParse(await c.req.parseBody());
      const instruction = form.success ? readForm(form.data, payment) : undefined;
      if (!form.success || !instruction) return c.text("bad form", 400);

      const played = play(deps, payment, instruction);
      if (played.kind === "played") await Promise.race([played.deliveries, patience()]);
      const query = new URLSearchParams();
      const returnPath = ownPath(form.data.return, new URL(c.req.url));
      if (returnPath !== undefined) query.set("return", returnPath);
      if (played.kind === "refused") query.set("refused", played.why);
      return c.redirect(`${new URL(c.req.url).pathname}?${query.toString()}`, 303);
    });
}

function readForm(form: z.infer<typeof formSchema>, payment: Payment): Instruction | undefined {
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
