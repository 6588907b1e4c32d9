const serializationFailure = "40001";
const deadlockDetected = "40P01";
const uniqueViolation = "23505";
const lockNotAvailable = "55P03";
const featureNotSupported = "0A000";

const integrityViolationClass = "23";

/** SQLSTATEs, by their beginning, of a server that cannot be used now: connection, resources, shutdown. */
const unavailableClasses = ["08", "53", "57P"];
const unavailableSystemCodes: ReadonlySet<string> = new Set([
  "ECONNREFUSED",
  "ECONNRESET",
  "EPIPE",
  "ETIMEDOUT",
  "ENOTFOUND",
  "EHOSTUNREACH",
  "EAI_AGAIN",
]);
/** node-postgres says these in words only. */
const unavailableMessages = [
  "Connection terminated",
  "timeout exceeded when trying to connect",
  "Client has encountered a connection error",
  "Cannot use a pool after calling end",
  "connection timeout",
];

function codeOf(error: unknown): string | undefined {
  return error instanceof Error && "code" in error && typeof error.code === "string" ? error.code : undefined;
}

export function isRetryableConflict(error: unknown): boolean {
  const code = codeOf(error);
  return code === serializationFailure || code === deadlockDetected || isStalePlan(error);
}

/** Whether a prepared statement met a table that was migrated since; run again, it is prepared anew. */
export function isStalePlan(error: unknown): boolean {
  return codeOf(error) === featureNotSupported && error instanceof Error && error.message.includes("cached plan");
}

/** Whether a row lock was waited for too long: the same work may succeed a moment later. */
export function isLockTimeout(error: unknown): boolean {
  return codeOf(error) === lockNotAvailable;
}

/** Whether `constraint` (a unique index's name) refused the row. */
export function isUniqueViolation(error: unknown, constraint: string): boolean {
  return (
    codeOf(error) === uniqueViolation &&
    error instanceof Error &&
    "constraint" in error &&
    error.constraint === constraint
  );
}

/** Whether a CHECK, a key or a unique index refused the row. */
export function isConstraintViolation(error: unknown): error is Error {
  return codeOf(error)?.startsWith(integrityViolationClass) === true;
}

/** Whether PostgreSQL could not be reached or could not serve: the caller should come back, nothing is wrong with it. */
export function isDatabaseUnavailable(error: unknown): boolean {
  if (error instanceof AggregateError) return error.errors.some(isDatabaseUnavailable);
  if (!(error instanceof Error)) return false;
  if (isStalePlan(error)) return true;
  const code = codeOf(error);
  if (code !== undefined) {
    return (
      unavailableSystemCodes.has(code) || unavailableClasses.some((start) => isSqlState(code) && code.startsWith(start))
    );
  }
  return unavailableMessages.some((message) => error.message.includes(message));
}

function isSqlState(code: string): boolean {
  return /^[0-9A-Z]{5}$/.test(code);
}
