import { createRoute, z } from "@hono/zod-openapi";
import { products } from "@zhanggui/db";
import { putProduct, viewProduct } from "@zhanggui/operations";

import type { Deps } from "../../deps.ts";
import { requireRole } from "../../http/authentication.ts";
import { json, jsonBody, refusals } from "../../http/responses.ts";
import { createRouter } from "../../http/router.ts";
import { productSchema, putProductSchema } from "../../schemas/admin.ts";
import { limit } from "../../schemas/page.ts";
import { skuSchema } from "../../schemas/shop.ts";
import { adminRoute } from "./route.ts";

const listRoute = createRoute({
  ...adminRoute("Products", "The catalogue with its stock."),
  method: "get",
  path: "/",
  middleware: [requireRole("admin")] as const,
  request: { query: z.object({ limit, cursor: skuSchema.optional() }) },
  responses: {
    200: json(z.object({ products: z.array(productSchema), nextCursor: z.string().nullable() }), "A page, by sku."),
    ...refusals,
  },
});

const putRoute = createRoute({
  ...adminRoute("Products", "Make a product, or set its name, price and free stock."),
  method: "put",
  path: "/{sku}",
  middleware: [requireRole("admin")] as const,
  request: { params: z.object({ sku: skuSchema }), body: jsonBody(putProductSchema) },
  responses: { 200: json(productSchema, "The product."), ...refusals },
});

export function productRoutes({ engine }: Pick<Deps, "engine">) {
  return createRouter()
    .openapi(listRoute, async (c) => {
      const query = c.req.valid("query");
      const page = await products.page(engine.db, { cursor: query.cursor, limit: query.limit });
      const nextCursor = page.length === query.limit ? (page.at(-1)?.sku ?? null) : null;
      return c.json({ products: page.map(viewProduct), nextCursor }, 200);
    })
    .openapi(putRoute, async (c) => {
      const { name, price, available, reason } = c.req.valid("json");
      const { sku } = c.req.valid("param");
      const product = await putProduct(engine, { sku, name, price, available, reason, actor: c.get("caller").sub });
      return c.json(product, 200);
    });
}
