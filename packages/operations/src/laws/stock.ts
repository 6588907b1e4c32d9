import { sql } from "kysely";

import { type Law, sqlLaw } from "./law.ts";
import { type Change, askPerson, mend, numberOf, rowsOf, textOf, textOrNull } from "./plan.ts";

/** Where an order's pieces are counted. Of money that went back, its refunds say whether the pieces came back too. */
const fittingState = sql`case
  when orders.status = 'pending' then 'held'
  when orders.status in ('paid', 'shipped', 'completed') then 'consumed'
  when orders.status = 'cancelled' and orders.paid_at is null then 'released'
  when exists (
    select from payments join refunds on refunds.provider = payments.provider
      and refunds.transaction_id = payments.transaction_id
    where payments.order_id = orders.id and payments.effective and refunds.status = 'succeeded' and refunds.restock
  ) then 'released'
  else 'consumed'
end`;

export const holdFitsOrder: Law = sqlLaw({
  name: "hold-fits-order",
  says: {
    en: "each line of an order has a hold of its quantity, in the state that the order's state asks for",
    zh: "每条订单明细都有同等数量的库存占用，其状态与订单状态相符",
  },
  about: "orders",
  breaches: (within) => sql`
    select orders.id as key, orders.id as order_id, jsonb_build_object('order', orders.status, 'lines', jsonb_agg(
      jsonb_build_object('sku', line.sku, 'quantity', line.quantity, 'held', hold.quantity, 'state', hold.state,
        'fitting', ${fittingState}) order by line.sku)) as facts
    from order_lines as line join orders on orders.id = line.order_id
    left join stock_holds as hold on hold.order_id = line.order_id and hold.sku = line.sku
    where ${within} and (hold.quantity is distinct from line.quantity or hold.state is distinct from ${fittingState})
    group by orders.id
  `,
  plan: ({ key, facts }) =>
    mend(
      `The hold follows its line and its order, which is ${textOf(facts, "order")}. The products' counters follow the holds.`,
      rowsOf(facts, "lines").map((line): Change => {
        const where = { order_id: key, sku: textOf(line, "sku") };
        const quantity = numberOf(line, "quantity");
        const fitting = textOf(line, "fitting");
        const state = textOrNull(line, "state");
        return state === null
          ? { table: "stock_holds", where, insert: { quantity, state: fitting } }
          : {
              table: "stock_holds",
              where,
              set: { quantity: [numberOf(line, "held"), quantity], state: [state, fitting] },
            };
      }),
    ),
});

export const stockReserved: Law = counterLaw("reserved", "held", {
  name: "stock-reserved",
  says: {
    en: "a product's reserved pieces are those that orders hold",
    zh: "商品的占用数等于各订单占用中的数量之和",
  },
});

export const stockSold: Law = counterLaw("sold", "consumed", {
  name: "stock-sold",
  says: {
    en: "a product's sold pieces are those that orders have consumed",
    zh: "商品的已售数等于各订单已消耗的数量之和",
  },
});

/** Holds are summed over the whole table: one sequential scan, 0.2 s for a million of them. */
function counterLaw(column: "reserved" | "sold", state: string, law: Pick<Law, "name" | "says">): Law {
  return sqlLaw({
    ...law,
    about: "products",
    breaches: (within) => sql`
      select products.sku as key, jsonb_build_object('counted', products.${sql.raw(column)},
        'holds', coalesce(holds.pieces, 0), 'unfit', exists (
          select from stock_holds as hold join orders on orders.id = hold.order_id
          where hold.sku = products.sku and hold.state <> ${fittingState})) as facts
      from products left join (
        select sku, sum(quantity)::int as pieces from stock_holds where state = ${state} group by sku
      ) as holds on holds.sku = products.sku
      where ${within} and products.${sql.raw(column)} <> coalesce(holds.pieces, 0)
    `,
    plan: ({ key, facts }) =>
      facts["unfit"] === true
        ? askPerson("Some of its holds do not fit their orders: mend hold-fits-order first, then check again.")
        : mend(
            "The counter is the sum of its holds. What is free to sell is counted by people: compare `available` with the shelf.",
            [
              {
                table: "products",
                where: { sku: key },
                set: { [column]: [numberOf(facts, "counted"), numberOf(facts, "holds")] },
              },
            ],
          ),
  });
}
