import { audit, products, transact, type Product } from "@zhanggui/db";

import type { Engine } from "./engine.ts";

export type PutProduct = {
  readonly sku: string;
  readonly name: string;
  readonly price: string;
  readonly available: number;
  readonly actor: string;
  readonly reason: string | undefined;
};

export function viewProduct({ sku, name, price, available, reserved, sold }: Product) {
  return { sku, name, price, available, reserved, sold };
}
export type ProductView = ReturnType<typeof viewProduct>;

/** Makes a product, or sets its name, price and free stock. What is reserved or sold stays. */
export async function putProduct({ db }: Pick<Engine, "db">, request: PutProduct): Promise<ProductView> {
  const { sku, name, price, available, actor, reason } = request;
  return transact(db, async (tx) => {
    const before = await products.lock(tx, sku);
    const after = viewProduct(await products.put(tx, { sku, name, price, available }));
    await audit.write(tx, [
      {
        actor,
        action: "product.put",
        entity: "product",
        entityId: sku,
        before: before === undefined ? undefined : viewProduct(before),
        after,
        reason,
      },
    ]);
    return after;
  });
}
