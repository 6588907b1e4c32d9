import type { InferResponseType } from "hono/client";

import type { admin } from "./client.ts";

/** What the api answers, read off its routes. */

type OrderFile = InferResponseType<(typeof admin.orders)[":id"]["$get"], 200>;
export type Timeline = OrderFile;
export type Order = OrderFile["order"];
export type Payment = OrderFile["payments"][number];
export type CallbackWithBytes = OrderFile["callbacks"][number];
export type Refund = OrderFile["refunds"][number];
export type GatewayQuery = OrderFile["gatewayQueries"][number];
export type AuditEntry = OrderFile["audit"][number];
export type Case = OrderFile["exceptions"][number];
export type AllowedAction = Case["allowedActions"][number];
export type Callback = InferResponseType<typeof admin.callbacks.$get, 200>["callbacks"][number];
export type Metrics = InferResponseType<typeof admin.metrics.$get, 200>;
export type Provider = InferResponseType<typeof admin.providers.$get, 200>["providers"][number];
