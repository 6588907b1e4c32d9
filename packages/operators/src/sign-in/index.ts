export { type Sessions, openSessions } from "./sessions.ts";
export type { Visitor } from "./call.ts";
