import { z } from "@hono/zod-openapi";

const value = z.union([z.string(), z.number(), z.boolean(), z.null()]);
const statement = z.object({ sql: z.string(), parameters: z.array(value) });

export const breachSchema = z
  .object({
    plan: z.string().openapi({ description: "What `repair` is asked for." }),
    key: z.string().openapi({ description: "The row that breaks the law." }),
    orderId: z.string().optional(),
    exceptionId: z.string(),
    accepted: z.boolean().openapi({ description: "A person has closed its case while it is as it is." }),
    facts: z.unknown(),
    explanation: z.string(),
    repair: z
      .object({
        statements: z.array(statement),
        diff: z.array(
          z.object({ table: z.string(), key: z.string(), column: z.string(), before: value, after: value }),
        ),
        undo: z.array(statement),
        rings: z.array(z.enum(["settle", "expire", "forget-keys"])),
      })
      .optional()
      .openapi({ description: "Exactly what would be done; missing where a person has to do it." }),
    foundAt: z.string().optional(),
    appliedBy: z.string().optional(),
  })
  .openapi("Breach");

export const checkedLawSchema = z
  .object({
    name: z.string(),
    holds: z.boolean(),
    says: z.string(),
    facts: z.unknown(),
    breaches: z.array(breachSchema),
    more: z.boolean().openapi({ description: "Whether there are most likely more than were looked for." }),
  })
  .openapi("CheckedLaw");

export const consistencySchema = z
  .object({
    checks: z.array(
      z.object({
        name: z.string(),
        law: z.object({ en: z.string(), zh: z.string() }),
        holds: z.boolean().nullable(),
        says: z.string(),
        ranAt: z.string().nullable(),
        fullAt: z.string().nullable().openapi({ description: "The last run over all rows." }),
        breaches: z.array(breachSchema),
      }),
    ),
  })
  .openapi("Consistency");

export const repairResultSchema = z
  .object({
    id: z.string(),
    outcome: z.enum(["mended", "rung", "holds", "refused"]),
    code: z.string().optional(),
    why: z.string().optional(),
  })
  .openapi("RepairResult");
