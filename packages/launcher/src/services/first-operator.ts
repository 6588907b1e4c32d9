import { type FirstOperator, addFirstOperator } from "@zhanggui/operators";
import { openDatabase } from "@zhanggui/db";

/** Whom a person can sign in as; outside production somebody is made up when there is nobody. */
export async function firstOperator(databaseUrl: string): Promise<FirstOperator> {
  const db = openDatabase({ url: databaseUrl, name: "zhanggui-start", poolSize: 1, onError: () => undefined });
  try {
    return await addFirstOperator(db, "system:start");
  } finally {
    await db.destroy();
  }
}
