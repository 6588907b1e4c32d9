import type { Sessions } from "@zhanggui/operators/sign-in";
import type { Engine } from "@zhanggui/operations";
import type { Producer } from "@zhanggui/queue";
import type { Logger, Registry } from "@zhanggui/runtime";

import type { Authenticate } from "./http/authentication.ts";
import type { OrderEvents } from "./order-events.ts";
import type { RefusalCounter } from "./refused-callbacks.ts";

/** What the app is made of. Only `main.ts` opens any of it. */
export type Deps = {
  readonly engine: Engine;
  readonly producer: Producer;
  readonly log: Logger;
  readonly metrics: Registry;
  readonly authenticate: Authenticate;
  /** Undefined in production without AUTH_SECRET: nobody signs in, tokens alone count. */
  readonly sessions: Sessions | undefined;
  readonly orderEvents: OrderEvents;
  readonly refusals: RefusalCounter;
  readonly production: boolean;
  /** False while the process is stopping: it finishes what it has and asks for no more. */
  readonly isAccepting: () => boolean;
};
