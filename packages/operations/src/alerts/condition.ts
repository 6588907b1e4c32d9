import type { AlertFinding, AlertKind } from "@zhanggui/domain";

import type { Engine } from "../engine.ts";

/** What a condition looks at. It changes nothing. */
export type Watched = Pick<Engine, "db" | "providers" | "outside">;

/** Something that people are told of when it is so, and again when it is so no more. */
export type Condition = {
  readonly kinds: readonly AlertKind[];
  readonly find: (watched: Watched) => Promise<readonly AlertFinding[]>;
};
